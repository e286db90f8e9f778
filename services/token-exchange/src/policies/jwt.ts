import { ConfigError, type Clock } from '@mandate/ports';
import { introspectionScopeConfig } from '@mandate/composition';
import { TOKEN_TYPE } from '@mandate/oauth';
import { createJwtPolicy, createRemoteIntrospection, JWT_POLICY, type RemoteIntrospection } from '@mandate/policy';
import {
  choice,
  createUpstream,
  flag,
  type Runtime,
  secret,
  type Settings,
  text,
  url,
  usedWith,
} from '@mandate/service-kit';
import { introspectedToken, type IssuerKeys } from '@mandate/token';
import type { SubjectReader } from '../subject-readers/subject-reader.js';
import type { ComposedPolicy } from './composed-policy.js';
import { whereListed } from './where-listed.js';

/** The variables of the `jwt` backend. */
export const jwtPolicyConfig = {
  ...usedWith(whereListed('jwt'), {
    EXCHANGE_JWT_INTROSPECT_URL: url()
      .optional()
      .describe('Where the `jwt` backend has subject tokens introspected; unset: they are only verified here'),
    EXCHANGE_JWT_INTROSPECT_CLIENT_ID: text()
      .optional()
      .describe("Client to introspect as; unset: with the caller's own bearer token (IMS)"),
    EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: secret().optional().describe('Secret of that client'),
    EXCHANGE_JWT_INTROSPECT_ISSUER: text()
      .optional()
      .describe('Issuer of the opaque tokens known at EXCHANGE_JWT_INTROSPECT_URL; unset: the `iss` of the answer'),
    JWT_POLICY_N_A: flag().default(false).describe('Write `N_A` where a subject token has no `aud` or no scope (IMS)'),
    JWT_POLICY_ACTOR: choice(['consented', 'any'])
      .default('consented')
      .describe('Who may act in place: whom `may_act` names, or anybody whom it does not forbid (IMS)'),
  }),
  ...introspectionScopeConfig,
};

export type JwtPolicySettings = Settings<typeof jwtPolicyConfig>;

/** @throws ConfigError when a setting lacks its counterpart. */
export function composeJwtPolicy(config: JwtPolicySettings, runtime: Runtime): ComposedPolicy {
  const { INTROSPECTION_REQUIRED_SCOPE: requiredScope, EXCHANGE_JWT_INTROSPECT_ISSUER: issuer } = config;
  const { clock } = runtime;
  const { introspection, parts } = composeIntrospection(config, runtime);
  const anyActor = config.JWT_POLICY_ACTOR === 'any';
  const notAvailable = config.JWT_POLICY_N_A;
  const backend = createJwtPolicy({ introspection, requiredScope, notAvailable, anyActor, clock });
  const composed = { backend, parts };
  if (introspection === undefined) return composed;
  const reading = { introspection, requiredScope, issuer, clock };
  return { ...composed, subjectReader: (issuers) => createOpaqueReader({ ...reading, issuers }) };
}

interface ComposedIntrospection {
  introspection: RemoteIntrospection | undefined;
  parts: ComposedPolicy['parts'];
}

function composeIntrospection(config: JwtPolicySettings, runtime: Runtime): ComposedIntrospection {
  const {
    EXCHANGE_JWT_INTROSPECT_URL: introspectUrl,
    EXCHANGE_JWT_INTROSPECT_CLIENT_ID: clientId,
    EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: clientSecret,
    EXCHANGE_JWT_INTROSPECT_ISSUER: issuer,
  } = config;
  if (introspectUrl === undefined) {
    if ((clientId ?? clientSecret ?? issuer) !== undefined) throw missing('EXCHANGE_JWT_INTROSPECT_URL');
    return { introspection: undefined, parts: [] };
  }
  if (clientId === undefined && clientSecret !== undefined) throw missing('EXCHANGE_JWT_INTROSPECT_CLIENT_ID');
  if (clientId !== undefined && clientSecret === undefined) throw missing('EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET');
  const credentials = clientId !== undefined && clientSecret !== undefined ? { clientId, clientSecret } : undefined;
  const upstream = createUpstream({ name: 'policy:jwt', http: runtime.http }, runtime);
  const introspection = createRemoteIntrospection({ http: upstream.http, url: introspectUrl, credentials });
  return { introspection, parts: [upstream.part()] };
}

function missing(variable: string): ConfigError {
  return new ConfigError([{ variable, message: 'is needed for the other EXCHANGE_JWT_INTROSPECT settings' }]);
}

/**
 * Phantom tokens: an opaque access token in, a JWT of ours out. Only where a JWT is requested, for callers who may
 * introspect, and for a permit of the `jwt` backend alone. The issuer is believed as TRUSTED_ISSUERS_FILE says, or in
 * neither `act` nor `may_act` where it is not listed.
 */
function createOpaqueReader({
  introspection,
  ...options
}: {
  introspection: RemoteIntrospection;
  requiredScope: string;
  /** Absent: the one that the answer names. */
  issuer: string | undefined;
  issuers: IssuerKeys;
  clock: Clock;
}): SubjectReader {
  const { requiredScope, issuer: configured, issuers, clock } = options;
  return {
    name: JWT_POLICY,
    onlyBackend: JWT_POLICY,
    tokenTypes: [TOKEN_TYPE.accessToken],
    reads: ({ requestedTokenType, caller, context }) =>
      requestedTokenType === TOKEN_TYPE.jwt && caller.scopes.includes(requiredScope) && introspection.canAsk(context),
    async read({ presented, context }) {
      const claims = await introspection.introspect(presented, context);
      if (claims === undefined) return { ok: false, reason: 'inactive' };
      const issuer = configured ?? claims['iss'];
      if (typeof issuer !== 'string') return { ok: false, reason: 'unknown_issuer' };
      const trust = issuers.keysFor(issuer)?.trust ?? { mayAssertMayAct: false, mayAssertAct: false };
      return introspectedToken(presented.token, claims, { issuer, trust, now: clock() });
    },
  };
}
