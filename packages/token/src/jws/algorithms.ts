/** The algorithms an RSA key may be used with. */
export const RSA_ALGORITHMS: readonly string[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CURVE_ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['Ed25519', ['EdDSA', 'Ed25519']],
]);
const HMAC_BYTES: ReadonlyMap<string, number> = new Map([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
]);

/** The algorithms that sign with a private key: those by which a client can prove that it has one (RFC 7523). */
export const ASYMMETRIC_ALGORITHMS: readonly string[] = [...RSA_ALGORITHMS, ...[...CURVE_ALGORITHMS.values()].flat()];

/** The JWS algorithms this product signs and verifies with (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
export const SIGNATURE_ALGORITHMS: ReadonlySet<string> = new Set([...HMAC_BYTES.keys(), ...ASYMMETRIC_ALGORITHMS]);

/** The algorithms of a curve by its JWK name; none for a curve we have no algorithm for. */
export function curveAlgorithms(curve: string): readonly string[] {
  return CURVE_ALGORITHMS.get(curve) ?? [];
}

/** The HMAC algorithms that a secret of so many bytes is long enough for (RFC 7518 section 3.2). */
export function hmacAlgorithms(secretBytes: number): readonly string[] {
  return [...HMAC_BYTES].filter(([, bytes]) => secretBytes >= bytes).map(([alg]) => alg);
}

/** Whether the algorithm signs with a shared secret. */
export function isHmac(alg: string): boolean {
  return HMAC_BYTES.has(alg);
}
