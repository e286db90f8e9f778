import { JWT_TOKEN_TYPES } from '@mandate/oauth';
import {
  actAsPrefixes,
  composeAuditSink,
  clientIssuerOf,
  type Clients,
  composeCallers,
  composeOwnIssuer,
  composeSharedState,
  composeSigningKeys,
  composeTokenVerifier,
  composeTrustedIssuers,
  type SharedState,
  type SigningKeys,
  tokenEndpointUrls,
  tokenIssuer,
  uniteParts,
} from '@mandate/composition';
import { createPolicyChain } from '@mandate/policy';
import type { Clock } from '@mandate/ports';
import { composeAll, type Runtime, type Service } from '@mandate/service-kit';
import { createTokenSigner, type IssuerKeys, withClientIssuer, withOwnIssuer, type TokenSigner } from '@mandate/token';
import { type TokenExchangeCollaborators, tokenExchangeRoutes } from './app.js';
import { composeAssertingClients } from './asserting-clients.js';
import type { TokenExchangeConfig } from './config.js';
import { type ComposedConsent, composeConsent } from './consent/compose-consent.js';
import type { LocalAuthentication } from './consent/local-consent.js';
import { type AssumeAnswer, createAssumeAnswer } from './exchange/assumed-answer.js';
import { createClientAssertions } from './exchange/client-assertions.js';
import type { RuleSettings } from './rules/rule-settings.js';
import type { TokenReading } from './exchange/read-exchange.js';
import { createJwtBearerGrant } from './grants/jwt-bearer.js';
import { createTokenExchangeGrant } from './grants/token-exchange.js';
import { composeClaimsProvider } from './policies/claims-provider.js';
import { composePolicies } from './policies/compose-policies.js';
import { composeShadowPolicies, shadowed } from './policies/shadow.js';
import { createDecisionLog } from './record/decision-log.js';
import { composeSubjectReaders, subjectReadersOf } from './subject-readers/compose-subject-readers.js';
import type { SubjectReader } from './subject-readers/subject-reader.js';

/** What several services of one process have in common. */
export interface SharedParts {
  state?: SharedState;
  /** authentication, where it is of the same process. */
  authentication?: LocalAuthentication;
}

/** Makes the token-exchange service out of its configuration. @throws ConfigError */
export async function compose(
  config: TokenExchangeConfig,
  runtime: Runtime,
  shared: SharedParts = {},
): Promise<Service> {
  const composed = await composeParts(config, runtime, shared);
  const { issuer, signer, signing, trusted, clients, policies, shadow, readers } = composed;
  const { state, audit, claims, consent } = composed;
  const upstreams = [...readers, claims, consent, ...policies, ...shadow];
  const dependencies = uniteParts([signing, trusted, clients, state, ...upstreams]);
  const clientIssuer = clientIssuerOf(config, trusted.issuers, issuer);
  const known = withOwnIssuer(trusted.issuers, composeOwnIssuer(config, issuer, signing.keyStore));
  const issuers = withClientIssuer(known, clientIssuer);
  const verifier = composeTokenVerifier(config, runtime, issuers);
  const deciding = createPolicyChain(policies.map(({ backend }) => backend));
  const chain = shadowed(deciding, shadow, { config, runtime, audit: audit.sink });
  const subjectReaders = subjectReadersOf(composed, issuers);
  const { revocations, delegations } = state;
  const ports = { policies: chain, claims: claims.provider, revocations, delegations, clock: runtime.clock };
  const routes = tokenExchangeRoutes({
    callers: composeCallers(config, runtime, { issuer, clientIssuer, verifier, clients, state }),
    signer,
    rules: { settings: ruleSettings(config, issuer, trusted.issuers), ports },
    grants: composeGrants(config, { ...composed, issuers, verifier, subjectReaders, clock: runtime.clock }),
    decisions: createDecisionLog({ ...runtime, audit: audit.sink }),
    bindsTokens: config.CLIENT_CERTIFICATE_HEADER !== undefined,
    metrics: runtime.metrics,
    requiredScopes: { exchange: config.TOKEN_EXCHANGE_REQUIRED_SCOPE, explain: config.EXPLAIN_REQUIRED_SCOPE },
  });
  return {
    name: 'token-exchange',
    ims: { ping: '/exchange/info/ping', metrics: '/exchange/metrics/prometheus' },
    issuer,
    scopes: [config.TOKEN_EXCHANGE_REQUIRED_SCOPE, config.EXPLAIN_REQUIRED_SCOPE, ...config.SCOPES_SUPPORTED],
    ...routes,
    parts: [...dependencies.parts, ...audit.parts],
    publicJwks: () => signing.keyStore.publicJwks(),
    facts: { policies: config.TOKEN_EXCHANGE_POLICIES.join(', '), state: state.place },
    stopWaiting: () => consent.stopWaiting(),
    async close() {
      dependencies.close();
      await audit.close();
    },
  };
}

/** What the service is made of, each out of its own variables. */
async function composeParts(config: TokenExchangeConfig, runtime: Runtime, shared: SharedParts) {
  const issuer = tokenIssuer(config);
  const keys = composeSigningKeys(config, runtime);
  const signer = signerOf(keys, config.TOKEN_TYP);
  const [signing, trusted, clients, policies, shadow, readers, state, audit] = await composeAll([
    () => keys,
    () => composeTrustedIssuers(config, runtime, issuer),
    () => composeAssertingClients(config, runtime),
    () => composePolicies(config.TOKEN_EXCHANGE_POLICIES, config, { runtime, signer }),
    () => composeShadowPolicies(config, { runtime, signer }),
    () => composeSubjectReaders(config, runtime),
    () => composeSharedState(config, runtime, { given: shared.state }),
    () => composeAuditSink(config, runtime),
  ]);
  const claims = composeClaimsProvider(config, runtime);
  const consent = composeConsent(config, runtime, {
    issuer,
    signer,
    keyStore: signing.keyStore,
    state,
    audit: audit.sink,
    local: shared.authentication,
  });
  return { issuer, signer, signing, trusted, clients, policies, shadow, readers, state, audit, claims, consent };
}

interface GrantParts extends Pick<TokenReading, 'verifier' | 'subjectReaders'> {
  issuer: string;
  issuers: IssuerKeys;
  clients: Clients | undefined;
  state: SharedState;
  consent: Pick<ComposedConsent, 'asking'>;
  clock: Clock;
}

/** The grants there are, one line each. */
function composeGrants(config: TokenExchangeConfig, parts: GrantParts): TokenExchangeCollaborators['grants'] {
  const { issuer, issuers, verifier, subjectReaders, clients, state, consent, clock } = parts;
  const { TOKEN_TYPE_CHECK: tokenTypeCheck, RESOURCE_SYNTAX: resourceSyntax } = config;
  const assertionReading = {
    verifier,
    issuers,
    audience: [issuer, ...tokenEndpointUrls(issuer)],
    subjectIssuer: config.ASSERTED_SUBJECT_ISSUER,
    clientAssertions: clients && createClientAssertions({ keys: clients.keys, replays: state.replays, clock }),
  };
  return [
    createTokenExchangeGrant({
      reading: { verifier, subjectReaders, tokenTypeCheck },
      syntax: requestSyntax(config, subjectReaders),
      asking: consent.asking && { ...consent.asking, assumeAnswer: assumeAnswerOf(config, consent.asking, parts) },
    }),
    createJwtBearerGrant({
      reading: assertionReading,
      resourceSyntax,
      actAs: { prefixes: actAsPrefixes(config), subjectIssuer: config.ACT_AS_SUBJECT_ISSUER },
    }),
  ];
}

/** What explain takes a person to have said. */
function assumeAnswerOf(
  { TOKEN_DEFAULT_EXPIRATION_SECONDS: lifetimeSeconds }: TokenExchangeConfig,
  { clientId }: { clientId: string },
  { issuer, issuers, clock }: GrantParts,
): AssumeAnswer {
  return createAssumeAnswer({ issuers, clock, clientId, audience: issuer, lifetimeSeconds });
}

/** How a request may be written: token types beyond JWTs are those that a reader reads. */
function requestSyntax(config: TokenExchangeConfig, readers: readonly SubjectReader[]) {
  const { RESOURCE_SYNTAX: resourceSyntax } = config;
  const prefixes = actAsPrefixes(config).map(({ prefix }) => prefix);
  return {
    resourceSyntax,
    actAsPrefixes: prefixes,
    subjectTokenTypes: [...JWT_TOKEN_TYPES, ...readers.flatMap(({ tokenTypes }) => tokenTypes)],
  };
}

function ruleSettings(config: TokenExchangeConfig, issuer: string, trusted: IssuerKeys): RuleSettings {
  return {
    issuer,
    // The list of trusted issuers may be replaced while running.
    get defaultActorIssuers() {
      return defaultActorIssuers(config, issuer, trusted);
    },
    actClaims: config.ACT_CLAIMS,
    actorTokenBinding: config.ACTOR_TOKEN_BINDING,
    impersonationDefault: config.IMPERSONATION_DEFAULT,
    actAsForm: config.ACT_AS_TOKEN_FORM,
    actMaxDepth: config.ACT_MAX_DEPTH,
    actAllowLoops: config.ACT_ALLOW_LOOPS,
    scopeCeiling: config.EXCHANGE_SCOPE_CEILING,
    severalTargets: config.EXCHANGE_SEVERAL_TARGETS,
    subjectAudienceCheck: config.SUBJECT_AUDIENCE_CHECK,
    delegationRecords: config.DELEGATION_RECORDS,
    maxLifetimeSeconds: config.TOKEN_DEFAULT_EXPIRATION_SECONDS,
  };
}

/** Signs once there are keys: policies are composed at the same time. */
function signerOf(keys: Promise<SigningKeys>, typ: string): TokenSigner {
  let signer: Promise<TokenSigner> | undefined;
  const composed = () => (signer ??= keys.then(({ keyStore }) => createTokenSigner({ keyStore, typ })));
  return { sign: async (...order) => (await composed()).sign(...order) };
}

/** Where a bare name names somebody (docs/delegation.md section 1). */
function defaultActorIssuers(config: TokenExchangeConfig, issuer: string, trusted: IssuerKeys): readonly string[] {
  const { DEFAULT_ACTOR_ISSUERS: configured } = config;
  const isOpen = configured.includes('*');
  if (configured.length > 0 && !isOpen) return configured;
  const all = trusted.issuers();
  if (isOpen) return [issuer, ...all];
  return all.length > 1 ? [] : [all[0] ?? issuer];
}
