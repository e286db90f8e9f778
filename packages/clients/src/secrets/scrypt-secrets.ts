import { randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { equalSecrets } from './equal-secrets.js';
import type { SecretHashing } from './secret-hashing.js';

const STORED = /^ln=(\d{1,2}),r=(\d{1,2}),p=([1-9])\$([A-Za-z0-9_-]{22,86})\$([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;
const HASH_BYTES = 32;
/** OWASP's equal of 2^17 with one lane, at a quarter of the memory: 32 MiB. */
const USUAL = { ln: 15, r: 8, p: 3 };
const LEAST_LN = 10;
/** 128 MiB a hash: a stored value is data, and must not be able to take the process down. */
const MAX_MEMORY_BYTES = 2 ** 27;

interface Parameters {
  ln: number;
  r: number;
  p: number;
  salt: Buffer;
  hash: string;
}

/** Scheme `scrypt` (RFC 7914): `ln=15,r=8,p=3$<salt>$<hash>`, both base64url. For secrets chosen by people. */
export function createScryptSecrets(): SecretHashing {
  return {
    scheme: 'scrypt',
    slow: true,
    dummy: format(randomBytes(16), randomBytes(HASH_BYTES)),
    isWellFormed: (value) => parse(value) !== undefined,
    async matches(value, secret) {
      const parameters = parse(value);
      if (parameters === undefined) throw new TypeError('not a stored scrypt value');
      const hash = await derive(secret, parameters.salt, parameters);
      return equalSecrets(hash.toString('base64url'), parameters.hash);
    },
    async hash(secret) {
      const salt = randomBytes(16);
      return format(salt, await derive(secret, salt, USUAL));
    },
  };
}

function format(salt: Buffer, hash: Buffer): string {
  const { ln, r, p } = USUAL;
  return `ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

function parse(value: string): Parameters | undefined {
  const [, ln, r, p, salt = '', hash = ''] = STORED.exec(value) ?? [];
  const parameters = { ln: Number(ln), r: Number(r), p: Number(p), salt: Buffer.from(salt, 'base64url'), hash };
  const isBounded = parameters.ln >= LEAST_LN && parameters.r >= 1 && memoryBytes(parameters) <= MAX_MEMORY_BYTES;
  return isBounded ? parameters : undefined;
}

function memoryBytes({ ln, r }: { ln: number; r: number }): number {
  return 128 * 2 ** ln * r;
}

function derive(secret: string, salt: Buffer, { ln, r, p }: { ln: number; r: number; p: number }): Promise<Buffer> {
  // OpenSSL counts a little more than 128 N r: leave room
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 2 * MAX_MEMORY_BYTES };
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, HASH_BYTES, options, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}
