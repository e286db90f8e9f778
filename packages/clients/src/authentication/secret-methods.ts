import { requiredParameter, type SecretCredentials, singleParameter } from '@mandate/oauth';
import { type Clock } from '@mandate/ports';
import type { AuthenticationMethod, AuthenticationResult } from './authentication-method.js';
import type { ClientStore } from '../store/client-store.js';
import type { Client } from '../store/client.js';
import type { SecretVerifier } from '../secrets/secret-verifier.js';

export interface SecretMethodsOptions {
  store: ClientStore;
  secrets: SecretVerifier;
  clock: Clock;
  /** Whether Basic credentials also count as they are sent, by clients that do not form-encode them; default `false`. */
  acceptsUnencoded?: boolean;
}

const MALFORMED: AuthenticationResult = { ok: false, reason: 'malformed_credentials' };

/** `client_secret_basic` and `client_secret_post` (RFC 6749 section 2.3.1). */
export function createSecretMethods(options: SecretMethodsOptions): AuthenticationMethod[] {
  const { store, secrets, clock, acceptsUnencoded = false } = options;
  const clientOf = async (
    { clientId, secret }: SecretCredentials,
    method: AuthenticationMethod['name'],
  ): Promise<AuthenticationResult> => {
    const client = await store.findClient(clientId);
    const methodOfRecord = client?.tokenEndpointAuthMethod ?? method;
    const own = methodOfRecord === method ? liveSecrets(client, clock()) : [];
    // no early return, and a decoy even where none is needed: a client that is unknown, or may not authenticate this way,
    // costs as much as a wrong secret
    const decoy = liveSecrets(store.decoyFor?.(clientId), clock());
    const values = own.length > 0 ? own : decoy;
    const isVerified = await secrets.verify({ clientId, secret, values });
    if (isVerified && client !== undefined && own.length > 0) return { ok: true, client };
    return { ok: false, reason: 'wrong_credentials' };
  };

  return [
    {
      name: 'client_secret_basic',
      // the whole header is its own: beside another scheme no other method may pass for the only one
      accepts: ({ authorization }) => authorization !== undefined,
      async authenticate({ authorization }) {
        if (authorization?.scheme !== 'basic') return MALFORMED;
        const { credentials, unencoded } = authorization;
        const result = credentials === undefined ? MALFORMED : await clientOf(credentials, 'client_secret_basic');
        if (result.ok || !acceptsUnencoded || unencoded === undefined) return result;
        return clientOf(unencoded, 'client_secret_basic');
      },
    },
    {
      name: 'client_secret_post',
      accepts: ({ form }) => form.has('client_secret'),
      authenticate: async ({ form }) => {
        const secret = requiredParameter(form, 'client_secret');
        const clientId = singleParameter(form, 'client_id');
        return clientId === undefined ? MALFORMED : clientOf({ clientId, secret }, 'client_secret_post');
      },
    },
  ];
}

function liveSecrets(client: Client | undefined, now: number): string[] {
  const live = client?.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now) ?? [];
  return live.map(({ value }) => value);
}
