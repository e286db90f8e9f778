import type { CallerAuthentication, ClientCaller } from '@mandate/clients';
import {
  type Clients,
  type ComposedPart,
  type SharedState,
  backchannelEndpointUrls,
  composeAuditSink,
  composeCallers,
  composeOwnIssuer,
  composeTokenVerifier,
  composeTrustedIssuers,
  tokenEndpointUrls,
  uniteParts,
} from '@mandate/composition';
import { ConfigError } from '@mandate/ports';
import { type Endpoint, type Runtime, watchFile } from '@mandate/service-kit';
import { type IssuerKeys, type KeyStore, type TokenSigner, withClientIssuer, withOwnIssuer } from '@mandate/token';
import type { Grant } from '@mandate/token-endpoint';
import { type DelegationLog, createDelegationLog } from '../delegations/delegation-log.js';
import { delegationEndpoints } from '../delegations/delegation-endpoints.js';
import { type EndDelegation, createEndDelegation } from '../delegations/end-delegation.js';
import { createStartDelegation } from '../delegations/start-delegation.js';
import { createCibaGrant } from '../grants/ciba.js';
import { createRefreshTokenGrant } from '../grants/refresh-token.js';
import type { IssueToken } from '../issue-token.js';
import { createIssuePersonTokens } from '../person-tokens.js';
import { createAskPerson } from './ask-person.js';
import { authorizeEndpoint } from './authorize-endpoint.js';
import type { BackchannelSettings } from './backchannel-config.js';
import { composeDevice } from './compose-device.js';
import { type DecideRequest, createDecideRequest } from './decide-request.js';
import { decisionEndpoint } from './decision-endpoint.js';
import { createFindPerson } from './find-person.js';
import { type PersonOf, parsePeople } from './people.js';
import { createPingClient } from './ping-client.js';
import { createReadSignedRequest } from './signed-request.js';

/** What asking people adds to the service: without `CIBA_CHANNEL` no more than to see what `DELEGATION_RECORDS=all` leaves. */
export interface ComposedBackchannel extends ComposedPart {
  endpoints: readonly Endpoint[];
  grants: readonly Grant<ClientCaller>[];
  /** Scopes that its endpoints require. */
  scopes: readonly string[];
  /** Writes the closing event of its audit. */
  closeAudit(): Promise<void>;
}

export interface BackchannelParts {
  issuer: string;
  callers: CallerAuthentication<ClientCaller>;
  clients: Clients;
  state: SharedState;
  keyStore: KeyStore;
  signer: TokenSigner;
  issueToken: IssueToken;
  /** See {@link composeDevice}. */
  isDevelopment: boolean | undefined;
}

const NOTHING: ComposedBackchannel = {
  endpoints: [],
  grants: [],
  scopes: [],
  parts: [],
  close: () => undefined,
  closeAudit: () => Promise.resolve(),
};

/** Asking people by OpenID CIBA, where there is a channel, and seeing and ending delegations. @throws ConfigError */
export async function composeBackchannel(
  config: BackchannelSettings,
  runtime: Runtime,
  parts: BackchannelParts,
): Promise<ComposedBackchannel> {
  const { CIBA_CHANNEL: channel } = config;
  if (channel === undefined && config.DELEGATION_RECORDS === 'agreed') return NOTHING;
  const trusted = composeTrustedIssuers(config, runtime, parts.issuer);
  const audit = await composeAuditSink(config, runtime);
  const log = createDelegationLog({ audit: audit.sink, issuer: parts.issuer, clock: runtime.clock });
  const issuers = issuersOf(config, trusted.issuers, parts);
  const bearers = composeBearers({ ...parts, config, runtime, issuers });
  const endDelegation = createEndDelegation({ ...parts.state, log });
  const composed = { ...parts, config, runtime, log, issuers, bearers, endDelegation };
  const asking = channel === undefined ? NOTHING : await composeAsking(channel, composed);
  return {
    ...uniteParts([asking, trusted, { parts: audit.parts, close: () => undefined }]),
    endpoints: [...asking.endpoints, ...composeDelegationEndpoints(composed)],
    grants: asking.grants,
    scopes: [...asking.scopes, config.DELEGATIONS_REQUIRED_SCOPE, config.DELEGATIONS_OWN_SCOPE],
    closeAudit: () => audit.close(),
  };
}

interface Composed extends BackchannelParts {
  config: BackchannelSettings;
  runtime: Runtime;
  log: DelegationLog;
  issuers: IssuerKeys;
  /** Callers that may bring a token, of a client or of a person. */
  bearers: CallerAuthentication;
  endDelegation: EndDelegation;
}

async function composeAsking(
  channel: NonNullable<BackchannelSettings['CIBA_CHANNEL']>,
  composed: Composed,
): Promise<Omit<ComposedBackchannel, 'closeAudit'>> {
  const { config, runtime } = composed;
  await requireKeyPair(composed.keyStore);
  const people = composePeople(config, runtime);
  const decide = composeDecisions(composed);
  const requests = composed.state.backchannelRequests;
  const device = composeDevice(config, channel, { ...composed, decide, requests });
  const asking = { ...composed, decide, device: device.device, personOf: people.personOf };
  return {
    ...uniteParts([device, people]),
    endpoints: [...composeEndpoints(asking), ...device.endpoints],
    grants: composeGrants(composed),
    scopes: [config.CIBA_DECISION_REQUIRED_SCOPE],
  };
}

function composeDecisions({ config, runtime, issuer, clients, state, log }: Composed): DecideRequest {
  const { metrics, http } = runtime;
  const { UPSTREAM_TIMEOUT_MS: timeoutMs } = config;
  const { store } = clients.authentication({ issuer, replays: state.replays });
  const ping = createPingClient({ store, http, metrics, timeoutMs });
  return createDecideRequest({ requests: state.backchannelRequests, ping, log });
}

interface Asking extends Composed, Pick<ReturnType<typeof composeDevice>, 'device'> {
  decide: DecideRequest;
  personOf: PersonOf;
}

function composeEndpoints(asking: Asking): Endpoint[] {
  const { config, runtime, log, decide, issuer, issuers, clients, state, callers, bearers, device, personOf } = asking;
  const { clock, metrics } = runtime;
  const { backchannelRequests: requests, replays } = state;
  const askPerson = createAskPerson({
    findPerson: createFindPerson({ personOf, issuers, audience: ownNames(issuer), clock }),
    requests,
    device,
    log,
    clock,
    expirySeconds: config.CIBA_EXPIRY_SECONDS,
    maxOpen: config.CIBA_MAX_OPEN_REQUESTS,
  });
  const readSignedRequest = createReadSignedRequest({ issuer, keys: clients.keys, replays, clock });
  return [
    authorizeEndpoint({
      callers,
      readSignedRequest,
      askPerson,
      needsContext: config.CIBA_BINDING_MESSAGE === 'required',
      clock,
      metrics,
    }),
    decisionEndpoint({
      callers: bearers,
      requiredScope: config.CIBA_DECISION_REQUIRED_SCOPE,
      decide,
      clock,
      metrics,
    }),
  ];
}

function composeDelegationEndpoints({ config, runtime, state, bearers, endDelegation }: Composed): Endpoint[] {
  return delegationEndpoints({
    callers: bearers,
    requiredScopes: { all: config.DELEGATIONS_REQUIRED_SCOPE, own: config.DELEGATIONS_OWN_SCOPE },
    delegations: state.delegations,
    endDelegation,
    metrics: runtime.metrics,
  });
}

function composeBearers({
  config,
  runtime,
  issuer,
  issuers,
  clients,
  state,
}: Omit<Composed, 'log' | 'bearers' | 'endDelegation'>): CallerAuthentication {
  const verifier = composeTokenVerifier(config, runtime, issuers);
  const clientIssuer = config.CLIENT_ISSUER ?? issuer;
  return composeCallers(config, runtime, { issuer, clientIssuer, verifier, clients, state });
}

function composeGrants({
  config,
  runtime,
  log,
  endDelegation,
  issuer,
  state,
  ...parts
}: Composed): Grant<ClientCaller>[] {
  const { clock } = runtime;
  const { backchannelRequests: requests, delegations, refreshTokens, revocations } = state;
  const issuePersonTokens = createIssuePersonTokens({ ...parts, issuer, clock });
  const startDelegation = createStartDelegation({
    delegations,
    refreshTokens,
    issuePersonTokens,
    log,
    issuer,
    clock,
    refreshSeconds: config.REFRESH_TOKEN_EXPIRATION_SECONDS,
  });
  return [
    createCibaGrant({ requests, startDelegation }),
    createRefreshTokenGrant({ refreshTokens, delegations, revocations, issuePersonTokens, endDelegation }),
  ];
}

/** Whose tokens are believed: those of the configured issuers, and our own. */
function issuersOf(
  config: BackchannelSettings,
  trusted: IssuerKeys,
  { issuer, keyStore }: BackchannelParts,
): IssuerKeys {
  const known = withOwnIssuer(trusted, composeOwnIssuer(config, issuer, keyStore));
  return withClientIssuer(known, config.CLIENT_ISSUER ?? issuer);
}

function ownNames(issuer: string): string[] {
  return [issuer, ...tokenEndpointUrls(issuer), ...backchannelEndpointUrls(issuer)];
}

/** The people of the file, else a login hint is the `sub` itself. */
function composePeople(config: BackchannelSettings, runtime: Runtime): ComposedPart & { personOf: PersonOf } {
  const { CIBA_PEOPLE_FILE: path, RELOAD_INTERVAL_SECONDS: intervalSeconds } = config;
  if (path === undefined) return { personOf: (loginHint) => loginHint, parts: [], close: () => undefined };
  const file = watchFile(runtime, { path, variable: 'CIBA_PEOPLE_FILE', parse: parsePeople, intervalSeconds });
  return { personOf: (loginHint) => file.current().get(loginHint), parts: [file.part], close: () => file.close() };
}

/** Nobody could verify an ID token that is signed with our secret. */
async function requireKeyPair(keyStore: KeyStore): Promise<void> {
  const { key } = await keyStore.signingKey();
  if (key.type === 'private') return;
  throw new ConfigError([
    {
      variable: 'CIBA_CHANNEL',
      message: 'needs a signing key that is a key pair, for ID tokens (in the standalone: else off)',
    },
  ]);
}
