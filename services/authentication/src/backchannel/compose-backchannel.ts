import {
  type ComposedPart,
  backchannelEndpointUrls,
  parseRate,
  tokenEndpointUrls,
  uniteParts,
} from '@mandate/composition';
import { ConfigError } from '@mandate/ports';
import { type Endpoint, type Runtime, watchFile } from '@mandate/service-kit';
import type { KeyStore } from '@mandate/token';
import type { ComposedDelegations } from '../delegations/compose-delegations.js';
import type { Foundation } from '../foundation.js';
import { createIssuePersonTokens } from '../issue/person-tokens.js';
import { createAskPerson } from './ask-person.js';
import { authorizeEndpoint } from './authorize-endpoint.js';
import type { BackchannelSettings } from './backchannel-config.js';
import { createCheckIssuable } from './check-issuable.js';
import { composeDevice } from './devices/compose-device.js';
import type { ComposedDevice } from './devices/composed-device.js';
import { type DecideRequest, createDecideRequest } from './decide-request.js';
import { decisionEndpoint } from './decision-endpoint.js';
import { createFindPerson } from './find-person.js';
import { type PersonOf, parsePeople } from './people.js';
import { createLimitAsking } from './limit-asking.js';
import { createPingClient } from './ping-client.js';
import { createReadSignedRequest } from './signed-request.js';

/** What asking people adds to the service, beside the grants of what they answer. */
export interface ComposedBackchannel extends ComposedPart {
  endpoints: readonly Endpoint[];
  /** Scopes that its endpoints require. */
  scopes: readonly string[];
}

export interface BackchannelFoundation extends Foundation {
  delegations: Pick<ComposedDelegations, 'issuers' | 'bearers' | 'log'>;
  /** See {@link composeDevice}. */
  isDevelopment: boolean | undefined;
}

/** Asking people by OpenID CIBA; `undefined`: there is no channel to them. @throws ConfigError */
export async function composeBackchannel(
  config: BackchannelSettings,
  runtime: Runtime,
  foundation: BackchannelFoundation,
): Promise<ComposedBackchannel | undefined> {
  const { CIBA_CHANNEL: channel } = config;
  if (channel === undefined) return undefined;
  await requireKeyPair(foundation.keyStore);
  const people = composePeople(config, runtime);
  const decide = composeDecisions(config, runtime, foundation);
  const requests = foundation.state.backchannelRequests;
  const device = composeDevice(config, channel, { ...foundation, runtime, decide, requests });
  const { bearers } = foundation.delegations;
  const requiredScope = config.CIBA_DECISION_REQUIRED_SCOPE;
  const { clock, metrics } = runtime;
  return {
    ...uniteParts([device, people]),
    endpoints: [
      composeAuthorizeEndpoint(config, { ...foundation, runtime, device: device.device, personOf: people.personOf }),
      decisionEndpoint({ callers: bearers, requiredScope, decide, clock, metrics }),
      ...device.endpoints,
    ],
    scopes: [requiredScope],
  };
}

function composeDecisions(
  { UPSTREAM_TIMEOUT_MS: timeoutMs }: BackchannelSettings,
  { metrics, http }: Runtime,
  { clientStore: store, state, delegations }: BackchannelFoundation,
): DecideRequest {
  const ping = createPingClient({ store, http, metrics, timeoutMs });
  return createDecideRequest({ requests: state.backchannelRequests, ping, log: delegations.log });
}

interface Asking extends BackchannelFoundation, Pick<ComposedDevice, 'device'> {
  runtime: Runtime;
  personOf: PersonOf;
}

function composeAuthorizeEndpoint(config: BackchannelSettings, asking: Asking): Endpoint {
  const { runtime, issuer, callers, clients, state, delegations, device, personOf } = asking;
  const { clock, metrics } = runtime;
  const { issuers, log } = delegations;
  const audience = [issuer, ...tokenEndpointUrls(issuer), ...backchannelEndpointUrls(issuer)];
  const { backchannelRequests: requests, replays } = state;
  return authorizeEndpoint({
    callers,
    readSignedRequest: createReadSignedRequest({ issuer, keys: clients.keys, replays, clock }),
    askPerson: createAskPerson({
      checkIssuable: createCheckIssuable({
        issueTrialTokens: createIssuePersonTokens({ ...asking, ...asking.trial, clock }),
      }),
      limitAsking: createLimitAsking({ limiter: state.limiter, rate: parseRate(config.CIBA_RATE_CLIENT) }),
      findPerson: createFindPerson({ personOf, issuers, audience, clock }),
      requests,
      device,
      log,
      clock,
      expirySeconds: config.CIBA_EXPIRY_SECONDS,
      maxOpen: config.CIBA_MAX_OPEN_REQUESTS,
    }),
    needsContext: config.CIBA_BINDING_MESSAGE === 'required',
    clock,
    metrics,
  });
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
