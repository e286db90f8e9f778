import { clientFields } from '@mandate/clients';
import {
  countShadow,
  createPolicyChain,
  type Disagreement,
  type PolicyChain,
  type PolicyContext,
  type PolicyRequest,
  type ShadowOptions,
  withShadow,
} from '@mandate/policy';
import { traceIdOf } from '@mandate/ports';
import {
  type AuditSink,
  choices,
  createHttpClient,
  createMetrics,
  integer,
  outboundOptions,
  type OutboundSettings,
  type Runtime,
  usedWith,
  type Settings,
} from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import type { ComposedPolicy } from './composed-policy.js';
import { composePolicies, POLICY_NAMES, type PolicySettings } from './compose-policies.js';
import { nameAside, ownConfig, settingsAside } from './shadow-settings.js';

/** The variables of the list evaluated aside. */
export const shadowConfig = {
  TOKEN_EXCHANGE_POLICIES_SHADOW: choices(POLICY_NAMES)
    .optional()
    .describe('A second list of policy backends, evaluated aside and only compared; needs the settings of each'),
  ...usedWith(
    { TOKEN_EXCHANGE_POLICIES_SHADOW: true },
    {
      TOKEN_EXCHANGE_SHADOW_CONCURRENCY: integer(1, 1000)
        .default(16)
        .describe('Evaluations aside at one time; what is beyond is not compared'),
      TOKEN_EXCHANGE_SHADOW_TIMEOUT_MS: integer(1, 60_000).default(1000).describe('Deadline of one evaluation aside'),
    },
  ),
  ...ownConfig,
};

export type ShadowSettings = OutboundSettings & Settings<typeof shadowConfig>;

/**
 * The backends of the second list, which share nothing with the first: connections, circuit breakers and sessions are
 * their own, so that what happens to them happens to nobody else. They are no part of readiness.
 * @throws ConfigError when one lacks its settings.
 */
export async function composeShadowPolicies(
  config: PolicySettings & ShadowSettings,
  { runtime, signer }: { runtime: Runtime; signer: TokenSigner },
): Promise<ComposedPolicy[]> {
  const names = config.TOKEN_EXCHANGE_POLICIES_SHADOW;
  if (names === undefined) return [];
  const http = createHttpClient(outboundOptions(config));
  // Metrics of upstreams and circuits are the first list's; of these, only the comparison is counted.
  const metrics = createMetrics({ defaults: false });
  const composition = { runtime: { ...runtime, http, metrics }, signer, nameOf: nameAside(config) };
  const composed = await composePolicies(names, settingsAside(config), composition);
  return composed.map((policy, index) => ({
    backend: policy.backend,
    parts: [],
    close() {
      policy.close?.();
      if (index === 0) http.close();
    },
  }));
}

/** The chain that decides, with the second list beside it where there is one. */
export function shadowed(
  chain: PolicyChain,
  shadow: readonly ComposedPolicy[],
  { config, runtime, audit }: { config: ShadowSettings; runtime: Runtime; audit: AuditSink },
): PolicyChain {
  if (shadow.length === 0) return chain;
  return withShadow(chain, createPolicyChain(shadow.map(({ backend }) => backend)), {
    concurrency: config.TOKEN_EXCHANGE_SHADOW_CONCURRENCY,
    timeoutMs: config.TOKEN_EXCHANGE_SHADOW_TIMEOUT_MS,
    ...reports(runtime, audit),
  });
}

function reports(
  { metrics, clock }: Pick<Runtime, 'metrics' | 'clock'>,
  audit: AuditSink,
): Pick<ShadowOptions, 'onOutcome' | 'onDisagreement'> {
  const count = countShadow(metrics);
  return {
    onOutcome: count.outcome,
    onDisagreement(disagreement, { request, context }) {
      count.differences(disagreement.differences);
      // A failure is counted by the sink; there is no answer here that it could stop.
      audit.record(shadowEvent(disagreement, { request, context, time: clock() })).catch(() => undefined);
    },
  };
}

function shadowEvent(
  { decided, shadow, differences, claims, latencyMs }: Disagreement,
  { request, context, time }: { request: PolicyRequest; context: PolicyContext; time: number },
): Parameters<AuditSink['record']>[0] {
  const { subject, actor, client, chain, resources, audiences, scopes } = request;
  return {
    event: 'shadow',
    time,
    transactionId: context.transactionId,
    ...clientFields({ clientId: client.id, issuer: client.iss, own: client.own }),
    traceId: traceIdOf(context.traceparent),
    subject: { iss: subject.iss, sub: subject.sub },
    actor: actor === null ? undefined : { iss: actor.iss, sub: actor.sub },
    chain,
    targets: [...resources, ...audiences],
    scopes,
    backend: decided.backend,
    verdict: decided.verdict === 'permit' ? 'permit' : 'deny',
    shadowBackend: shadow.backend,
    shadowVerdict: shadow.verdict,
    differences,
    differingClaims: claims,
    latencyMs: Math.round(latencyMs),
  };
}
