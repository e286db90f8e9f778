import { randomUUID } from 'node:crypto';
import { JWT_BEARER_CLIENT_ASSERTION, basicAuthorization } from '@mandate/oauth';
import type { Clock, JsonObject } from '@mandate/ports';
import type { TokenSigner } from '@mandate/token';

/** What proves to another server which client of it we are: made anew for every request. */
export type ClientProof = () => Promise<{
  headers?: Readonly<Record<string, string>>;
  form?: Readonly<Record<string, string>>;
}>;

/** Which client of which server we are, and what signs for it. */
export type AssertingClient = Omit<ClientProofOptions, 'clientSecret'>;

export interface ClientProofOptions {
  clientId: string;
  /** `client_secret_basic`; absent: `private_key_jwt`, with our signing key. */
  clientSecret: string | undefined;
  /** `aud` of what is signed: the issuer of the server. */
  issuer: string;
  signer: TokenSigner;
  clock: Clock;
}

const ASSERTION_SECONDS = 60;

export function createClientProof({ clientSecret, ...client }: ClientProofOptions): ClientProof {
  return clientSecret === undefined ? privateKeyJwt(client) : secretBasic({ ...client, clientSecret });
}

function secretBasic({ clientId, clientSecret }: { clientId: string; clientSecret: string }): ClientProof {
  const headers = { Authorization: basicAuthorization({ clientId, secret: clientSecret }) };
  return () => Promise.resolve({ headers });
}

/** RFC 7523 section 2.2. */
function privateKeyJwt(client: AssertingClient): ClientProof {
  return async () => {
    const assertion = await signAsClient(client, { sub: client.clientId });
    return { form: { client_assertion_type: JWT_BEARER_CLIENT_ASSERTION, client_assertion: assertion } };
  };
}

/** A JWT of ours as a client of the server, for that server alone, good once and for a minute. */
export function signAsClient(
  { clientId, issuer, signer, clock }: AssertingClient,
  claims: JsonObject,
): Promise<string> {
  const now = clock();
  const times = { iat: now, nbf: now, exp: now + ASSERTION_SECONDS, jti: randomUUID() };
  return signer.sign({ ...claims, iss: clientId, aud: issuer, ...times }, { typ: 'JWT' });
}
