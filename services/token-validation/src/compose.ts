import { ConfigError } from '@mandate/ports';
import {
  type OpenamIntrospection,
  type SharedState,
  composeOpenamIntrospection,
  clientIssuerOf,
  composeCallers,
  composeOwnIssuer,
  composeOptionalClients,
  composeOptionalSigningKeys,
  composeSharedState,
  composeTokenVerifier,
  composeTrustedIssuers,
  tokenIssuer,
  uniteParts,
} from '@mandate/composition';
import type { Runtime, Service } from '@mandate/service-kit';
import {
  type IssuerKeys,
  type KeyStore,
  type TokenIntrospector,
  type TokenVerifier,
  createJwtIntrospector,
  createTokenSigner,
  withClientIssuer,
  withOwnIssuer,
} from '@mandate/token';
import { tokenValidationRoutes } from './app.js';
import type { TokenValidationConfig } from './config.js';
import { createIntrospectToken, withRevocations } from './introspect-token.js';
import { withLineageReport } from './report-lineage.js';
import { type AnswerSigning, createRenderIntrospection } from './introspection-response.js';
import { createRevokeToken } from './revoke-token.js';
import { withSessions } from './with-sessions.js';

/** Makes the token-validation service out of its configuration. @throws ConfigError */
export async function compose(config: TokenValidationConfig, runtime: Runtime, shared?: SharedState): Promise<Service> {
  const { clock, metrics } = runtime;
  const issuer = tokenIssuer(config);
  const keys = await composeOptionalSigningKeys(config, runtime);
  const trusted = composeTrustedIssuers(config, runtime, issuer);
  const clients = await composeOptionalClients(config, runtime);
  const state = await composeSharedState(config, runtime, { given: shared });
  const openam = composeOpenamIntrospection(config, runtime);
  const dependencies = uniteParts([keys, trusted, clients, state, openam]);
  const keyStore = keys?.keyStore;
  if (keyStore === undefined) requireIssuers(config, trusted.issuers);
  const clientIssuer = clientIssuerOf(config, trusted.issuers, issuer);
  const known =
    keyStore === undefined
      ? trusted.issuers
      : withOwnIssuer(trusted.issuers, composeOwnIssuer(config, issuer, keyStore));
  const issuers = withClientIssuer(known, clientIssuer);
  const verifier = composeTokenVerifier(config, runtime, issuers);
  const signing = await answerSigning(keyStore, issuer);
  const introspectToken = createIntrospectToken(introspectors(config, verifier, openam));
  const retentionSeconds = config.REVOCATION_RETENTION_SECONDS;
  const revocable = withSessions(verifier, openam?.sessions, { clock, lifetimeSeconds: retentionSeconds });
  const routes = tokenValidationRoutes({
    callers: composeCallers(config, runtime, { issuer, clientIssuer, verifier, clients, state }),
    requiredScopes: { introspect: config.INTROSPECTION_REQUIRED_SCOPE, revoke: config.REVOCATION_REQUIRED_SCOPE },
    introspectToken: withRevocations(withLineageReport(introspectToken, runtime.logger), state.revocations),
    revokeToken: createRevokeToken({ verifier: revocable, state, clock, retentionSeconds }),
    render: createRenderIntrospection({ signing, clock }),
    signingAlgorithm: signing?.algorithm,
    metrics,
  });
  return {
    name: 'token-validation',
    ims: { ping: '/validation/info/ping', metrics: '/validation/metrics/prometheus' },
    issuer,
    scopes: [config.INTROSPECTION_REQUIRED_SCOPE, config.REVOCATION_REQUIRED_SCOPE, ...config.SCOPES_SUPPORTED],
    ...routes,
    parts: dependencies.parts,
    facts: { state: state.place },
    ...(keyStore !== undefined && { publicJwks: () => keyStore.publicJwks() }),
    close() {
      dependencies.close();
      return Promise.resolve();
    },
  };
}

/** The introspectors of `INTROSPECTION_SERVICES`, in its order; `json` and `jwt` are one. */
function introspectors(
  { INTROSPECTION_SERVICES: services }: TokenValidationConfig,
  verifier: TokenVerifier,
  openam: OpenamIntrospection | undefined,
): TokenIntrospector[] {
  const names = new Set(services.map((name) => (name === 'json' ? 'jwt' : name)));
  return [...names].map((name) => {
    if (name === 'jwt') return createJwtIntrospector({ verifier });
    if (openam !== undefined) return openam.introspector();
    const variable =
      'INTROSPECTION_OPENAM_URL, INTROSPECTION_OPENAM_ID_TOKEN_INFO_URL, INTROSPECTION_OPENAM_SESSION_URL';
    throw new ConfigError([{ variable, message: 'set one of them for INTROSPECTION_SERVICES=openam' }]);
  });
}

/** What signs answers (RFC 9701): a key pair only, since nobody could verify an answer signed with our secret. */
async function answerSigning(keyStore: KeyStore | undefined, issuer: string): Promise<AnswerSigning | undefined> {
  const signingKey = await keyStore?.signingKey();
  if (keyStore === undefined || signingKey?.key.type !== 'private') return undefined;
  return { signer: createTokenSigner({ keyStore }), issuer, algorithm: signingKey.alg };
}

function requireIssuers(config: TokenValidationConfig, issuers: IssuerKeys): void {
  if (config.TRUSTED_ISSUERS_FILE !== undefined || issuers.issuers().length > 0) return;
  const variable = 'TRUSTED_ISSUERS_FILE, ISSUER_JWK_JSON_ISSUER_URI, ISSUER_JWK_OPENID_URL';
  throw new ConfigError([{ variable, message: 'set one of them: no issuer is trusted' }]);
}
