import { type KeyObject, randomUUID, sign } from 'node:crypto';

/** The algorithms that are measured. */
export type Algorithm = 'ES256' | 'EdDSA' | 'RS256';

const LIFETIME_SECONDS = 7200;

/** The least that signing a token takes in Node: what the floor does, and how the tokens of users are made. */
export function signToken(key: KeyObject, claims: { alg: Algorithm; kid: string } & Record<string, unknown>): string {
  const { alg, kid, ...payload } = claims;
  const iat = Math.floor(Date.now() / 1000);
  const times = { iat, exp: iat + LIFETIME_SECONDS, jti: randomUUID() };
  const head = Buffer.from(JSON.stringify({ alg, kid, typ: 'at+jwt' })).toString('base64url');
  const text = `${head}.${Buffer.from(JSON.stringify({ ...payload, ...times })).toString('base64url')}`;
  const signature = sign(digestOf(alg), Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** Ed25519 hashes by itself. */
export function digestOf(alg: Algorithm): 'sha256' | null {
  return alg === 'EdDSA' ? null : 'sha256';
}
