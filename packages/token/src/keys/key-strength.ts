import { hasRocaFingerprint } from './roca.js';

/** Why a key is too weak to use (docs/security.md T22). */
export type KeyWeakness = 'rsa_modulus' | 'rsa_exponent' | 'roca' | 'low_order_point';

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const MAX_RSA_EXPONENT = 1n << 32n;
const ED25519_PRIME = (1n << 255n) - 19n;
const ORDER_8_Y = BigInt('0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826');

/** The y coordinates of the points of small order, for which signatures can be made without a private key. */
const LOW_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, ED25519_PRIME - 1n, ORDER_8_Y, ED25519_PRIME - ORDER_8_Y]);

/** Checks an RSA public key: 2,048 to 8,192 bits, an odd modulus, an odd exponent of at least 3, not ROCA. */
export function checkRsaKey(modulus: Buffer, exponent: Buffer): KeyWeakness | undefined {
  const n = toBigInt(modulus);
  const e = toBigInt(exponent);
  const bits = n.toString(2).length;
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS || n % 2n === 0n) return 'rsa_modulus';
  if (e < 3n || e % 2n === 0n || e > MAX_RSA_EXPONENT) return 'rsa_exponent';
  return hasRocaFingerprint(n) ? 'roca' : undefined;
}

/** Checks an Ed25519 public key (RFC 8032 section 5.1.3): a canonical encoding, not of a point of small order. */
export function checkEd25519Key(publicKey: Buffer): KeyWeakness | undefined {
  const y = toBigInt(Buffer.from(publicKey).reverse()) & ((1n << 255n) - 1n);
  return y >= ED25519_PRIME || LOW_ORDER_Y.has(y) ? 'low_order_point' : undefined;
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}
