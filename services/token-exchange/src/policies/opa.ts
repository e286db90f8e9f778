import * as z from 'zod';
import { countUndefined, createOpaPolicy, noDocument, parseOpaUrl, type PolicyBackend } from '@mandate/policy';
import { UpstreamError } from '@mandate/ports';
import {
  createTrustingClient,
  createUpstream,
  outboundOptions,
  type OutboundSettings,
  parseBearerToken,
  parseCertificates,
  path,
  type Runtime,
  usedWith,
  type Settings,
  watchFile,
} from '@mandate/service-kit';
import type { ComposedPolicy, PolicyComposition } from './composed-policy.js';
import type { policySyntaxConfig } from './json.js';
import { whereListed } from './where-listed.js';

/** The variables of the `opa` backend. */
export const opaPolicyConfig = usedWith(whereListed('opa'), {
  EXCHANGE_POLICY_OPA_URL: z
    .string()
    .refine(isDecisionUrl, {
      error: 'must be an http, https or http+unix URL without credentials, with /v0/data/ or /v1/data/ in its path',
    })
    .default('http://localhost:8181/v0/data/forgerock/exchange/match')
    .describe('Decision of the `opa` backend; over a Unix socket: `http+unix://%2Frun%2Fopa.sock/v1/data/...`'),
  EXCHANGE_POLICY_OPA_CA_FILE: path()
    .optional()
    .describe('Certificates (PEM) that sign the one of OPA, instead of those of the system; reloaded'),
  EXCHANGE_POLICY_OPA_TOKEN_FILE: path().optional().describe('File with the bearer token OPA asks for; reloaded'),
});

export type OpaPolicySettings = OutboundSettings &
  Settings<typeof opaPolicyConfig & typeof policySyntaxConfig, 'RELOAD_INTERVAL_SECONDS'>;

/** @throws ConfigError when a file named cannot be used. OPA itself may be down. */
export function composeOpaPolicy(
  config: OpaPolicySettings,
  runtime: Runtime,
  { nameOf }: Pick<PolicyComposition, 'nameOf'>,
): ComposedPolicy {
  const intervalSeconds = config.RELOAD_INTERVAL_SECONDS;
  const watch = <T>(
    setting: 'EXCHANGE_POLICY_OPA_CA_FILE' | 'EXCHANGE_POLICY_OPA_TOKEN_FILE',
    parse: (text: string) => T,
  ) => {
    const file = config[setting];
    if (file === undefined) return undefined;
    return watchFile(runtime, { path: file, variable: nameOf(setting), parse, intervalSeconds });
  };
  const authorities = watch('EXCHANGE_POLICY_OPA_CA_FILE', parseCertificates);
  const token = watch('EXCHANGE_POLICY_OPA_TOKEN_FILE', parseBearerToken);
  const client =
    authorities && createTrustingClient({ ...outboundOptions(config), authorities: () => authorities.current() });
  const document = watchDocument(config.EXCHANGE_POLICY_OPA_URL, runtime);
  const http = client ?? runtime.http;
  const upstream = createUpstream({ name: 'policy:opa', http }, runtime);
  const options = {
    url: config.EXCHANGE_POLICY_OPA_URL,
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
    ...(token && { token: () => token.current() }),
    syntax: config.EXCHANGE_POLICY_SYNTAX,
    onDocument: (found: boolean) => document.seen(found),
  };
  const backend = createOpaPolicy({ ...options, http: upstream.http });
  // What OPA says of its health opens no circuit: only decisions tell whether it decides.
  const unguarded = createOpaPolicy({ ...options, http });
  const files = [authorities, token].filter((file) => file !== undefined);
  return {
    backend,
    parts: [upstream.part(() => checkOpa(unguarded, document)), ...files.map(({ part }) => part)],
    close() {
      for (const file of files) file.close();
      client?.close();
    },
  };
}

/** Whether OPA has the decision that is asked for: known from the last answer, since only a real question tells. */
interface DocumentWatch {
  seen(found: boolean): void;
  /** @throws UpstreamError when the last answer was that there is none. */
  check(): void;
}

function watchDocument(url: string, { logger, metrics }: Pick<Runtime, 'logger' | 'metrics'>): DocumentWatch {
  const count = countUndefined(metrics);
  const endpoint = parseOpaUrl(url);
  let missing: string | undefined;
  return {
    seen(found) {
      const problem = found || endpoint === undefined ? undefined : noDocument(endpoint);
      if (!found) count();
      if (problem !== undefined && missing === undefined) {
        logger.warn('OPA has no such decision, so all is denied', {
          variable: 'EXCHANGE_POLICY_OPA_URL',
          reason: problem,
        });
      }
      missing = problem;
    },
    check() {
      if (missing !== undefined) throw new UpstreamError('policy opa', 'malformed', missing);
    },
  };
}

async function checkOpa(backend: PolicyBackend, document: DocumentWatch): Promise<void> {
  await backend.check?.();
  document.check();
}

function isDecisionUrl(text: string): boolean {
  if (parseOpaUrl(text) === undefined) return false;
  const { protocol, username, password, hash } = new URL(text);
  return ['http:', 'https:', 'http+unix:'].includes(protocol) && username === '' && password === '' && hash === '';
}
