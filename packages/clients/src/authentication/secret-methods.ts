import { requiredParameter, type SecretCredentials, singleParameter } from '@mandate/oauth';
import { type Clock } from '@mandate/ports';
import type { AuthenticationMethod, AuthenticationRequest, AuthenticationResult } from './authentication-method.js';
import type { AuthenticationMethodName } from './method-names.js';
import type { RequestLimits } from '../rate-limits/request-limits.js';
import type { SecretClaim, SecretVerifier } from '../secrets/secret-verifier.js';
import type { ClientStore } from '../store/client-store.js';
import type { Client } from '../store/client.js';
import { isClientId } from '../store/parse-clients.js';

export interface SecretMethodsOptions {
  store: ClientStore;
  secrets: SecretVerifier;
  /** Of how many secrets are tried. */
  limits: Pick<RequestLimits, 'guess'>;
  clock: Clock;
  /** Whether Basic credentials also count as they are sent, by clients that do not form-encode them; default `false`. */
  acceptsUnencoded?: boolean;
}

const MALFORMED: AuthenticationResult = { ok: false, reason: 'malformed_credentials' };

/** `client_secret_basic` and `client_secret_post` (RFC 6749 section 2.3.1). */
export function createSecretMethods(options: SecretMethodsOptions): AuthenticationMethod[] {
  return [
    {
      name: 'client_secret_basic',
      // the whole header is its own: beside another scheme no other method may pass for the only one
      accepts: ({ authorization }) => authorization !== undefined,
      async authenticate(request) {
        const { authorization } = request;
        if (authorization?.scheme !== 'basic') return MALFORMED;
        const { credentials, unencoded } = authorization;
        const readings = [credentials, options.acceptsUnencoded === true ? unencoded : undefined];
        return authenticate(request, { readings, method: 'client_secret_basic' }, options);
      },
    },
    {
      name: 'client_secret_post',
      accepts: ({ form }) => form.has('client_secret'),
      async authenticate(request) {
        const secret = requiredParameter(request.form, 'client_secret');
        const clientId = singleParameter(request.form, 'client_id');
        const readings = [clientId === undefined ? undefined : { clientId, secret }];
        return authenticate(request, { readings, method: 'client_secret_post' }, options);
      },
    },
  ];
}

/**
 * One guess, in each of its readings. An id that no record can have is not counted: whoever makes them up, as long as
 * forms may be, could fill the memory with their buckets.
 */
async function authenticate(
  request: AuthenticationRequest,
  presented: { readings: readonly (SecretCredentials | undefined)[]; method: AuthenticationMethodName },
  options: SecretMethodsOptions,
): Promise<AuthenticationResult> {
  const [first, ...others] = presented.readings.filter((reading) => reading !== undefined);
  if (first === undefined) return MALFORMED;
  const attempt = async (reading: SecretCredentials): Promise<Attempt> => {
    const made = await attemptOf(reading, presented.method, options);
    if (made.known) request.onCaller?.({ claimedClient: reading.clientId });
    return made;
  };
  const firstAttempt = await attempt(first);
  let client: Client | undefined;
  const check = async (): Promise<boolean> => {
    client = await clientOf(firstAttempt, options.secrets);
    for (const reading of others) client ??= await clientOf(await attempt(reading), options.secrets);
    return client !== undefined;
  };
  const readings = [first, ...others];
  const clientId = readings.map((reading) => reading.clientId).find(isClientId);
  const secrets = readings.map(({ secret }) => secret);
  await (clientId === undefined ? check() : options.limits.guess({ request, clientId, secrets }, check));
  return client === undefined ? { ok: false, reason: 'wrong_credentials' } : { ok: true, client };
}

interface Attempt {
  claim: SecretClaim;
  /** Whether there is a client with this id. */
  known: boolean;
  /** Who it is when the secret is right; `undefined`: nobody, whatever the secret. */
  client: Client | undefined;
}

async function attemptOf(
  { clientId, secret }: SecretCredentials,
  method: AuthenticationMethodName,
  { store, clock }: SecretMethodsOptions,
): Promise<Attempt> {
  const client = await store.findClient(clientId);
  const methodOfRecord = client?.tokenEndpointAuthMethod ?? method;
  const own = methodOfRecord === method ? liveSecrets(client, clock()) : [];
  // no early return, and a decoy even where none is needed: a client that is unknown, or may not authenticate this way,
  // costs as much as a wrong secret
  const decoy = liveSecrets(store.decoyFor?.(clientId, 'secret'), clock());
  const claim = { clientId, secret, values: own.length > 0 ? own : decoy };
  return { claim, known: client !== undefined, client: own.length > 0 ? client : undefined };
}

async function clientOf({ claim, client }: Attempt, secrets: SecretVerifier): Promise<Client | undefined> {
  return (await secrets.verify(claim)) ? client : undefined;
}

function liveSecrets(client: Client | undefined, now: number): string[] {
  const live = client?.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now) ?? [];
  return live.map(({ value }) => value);
}
