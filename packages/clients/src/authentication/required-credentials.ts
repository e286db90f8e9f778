import type { JsonObject } from '@mandate/ports';
import type { Client, TokenEndpointAuthMethod } from '../store/client.js';
import type { AuthenticationMethodName } from './method-names.js';

/** What a client proves itself with. */
export type Credential = 'secret' | 'keys';

/** By the method that its record names. */
const REQUIRED: Record<AuthenticationMethodName, Credential> = {
  client_secret_basic: 'secret',
  client_secret_post: 'secret',
  private_key_jwt: 'keys',
};
const REQUIRED_BY_NAME: ReadonlyMap<unknown, Credential> = new Map(Object.entries(REQUIRED));

/** Whether a method is one by which a client sends its secret. */
export function isSecretMethod(method: unknown): boolean {
  return REQUIRED_BY_NAME.get(method) === 'secret';
}

interface KeyMembers {
  jwks?: JsonObject | undefined;
  jwksUri?: string | undefined;
}

interface CredentialMembers extends KeyMembers {
  clientSecret?: string | undefined;
  clientSecrets: readonly unknown[];
  tokenEndpointAuthMethod?: TokenEndpointAuthMethod | undefined;
  tokenEndpointAuthSigningAlg?: string | undefined;
}

/** Whether a record has no keys, nor says where they are. */
export function isWithoutKeys({ jwks, jwksUri }: KeyMembers): boolean {
  return jwks === undefined && jwksUri === undefined;
}

/**
 * Whether a record can stand for that of a client who is not known. Keys must be in it: nothing is fetched, and no server
 * of somebody else's has to answer, for a name that anybody made up.
 */
export function isDecoy(client: Pick<Client, 'secrets' | 'jwks'>, credential: Credential): boolean {
  return credential === 'secret' ? client.secrets.length > 0 : client.jwks !== undefined;
}

/** Where a client's method and its credentials do not fit together: whether they do not, the member, and why. */
export function credentialProblems(record: CredentialMembers): [boolean, string, string][] {
  const { jwks, jwksUri, tokenEndpointAuthMethod: method, tokenEndpointAuthSigningAlg: signingAlg } = record;
  const required = REQUIRED_BY_NAME.get(method);
  const withoutSecret = record.clientSecret === undefined && record.clientSecrets.length === 0;
  const withoutKeys = isWithoutKeys(record);
  const withNothing = withoutSecret && withoutKeys;
  return [
    [jwks !== undefined && jwksUri !== undefined, 'jwksUri', 'is given together with jwks'],
    [method === 'none' && !withNothing, 'tokenEndpointAuthMethod', 'is none beside a secret or a key'],
    [required === 'keys' && withoutKeys, 'jwks', `is required, or jwksUri, with ${String(method)}`],
    [signingAlg !== undefined && withoutKeys, 'tokenEndpointAuthSigningAlg', 'is given without keys'],
    [required === 'secret' && withoutSecret, 'clientSecret', 'is required'],
    [method === undefined && withNothing, 'clientSecret', 'is required'],
  ];
}
