/** The order of the group of each curve (FIPS 186-4 appendix D.1.2), by the algorithm of JWS. */
const ORDERS: ReadonlyMap<string, bigint> = new Map([
  ['ES256', 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n],
  ['ES384', 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n],
  [
    'ES512',
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  ],
]);

/**
 * The same token in the other spelling that its ECDSA signature has: where (r, s) verifies, (r, n - s) does, and it takes
 * no key to write it.
 */
export function withOtherSignature(token: string, alg: string): string {
  const order = ORDERS.get(alg);
  if (order === undefined) throw new Error(`${alg} has one signature only`);
  const dot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  const half = signature.length / 2;
  const s = BigInt(`0x${signature.toString('hex', half)}`);
  const other = (order - s).toString(16).padStart(2 * half, '0');
  const bytes = Buffer.concat([signature.subarray(0, half), Buffer.from(other, 'hex')]);
  return `${token.slice(0, dot)}.${bytes.toString('base64url')}`;
}
