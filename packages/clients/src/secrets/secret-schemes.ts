import { createArgon2idSecrets } from './argon2id-secrets.js';
import { type SecretBind, createBindSecrets } from './bind-secrets.js';
import { createHmacSecrets } from './hmac-secrets.js';
import { createLoadedPlainSecrets, createPlainSecrets, digestPlainSecret } from './plain-secrets.js';
import { createScryptSecrets } from './scrypt-secrets.js';
import type { SecretHashing, SecretScheme } from './secret-hashing.js';

/** How this deployment stores client secrets. */
export interface SecretSettings {
  /** What a stored value without a `{scheme}` prefix is. */
  scheme: SecretScheme;
  /** The key of `hmac-sha256`, at least 32 bytes as UTF-8; without it no stored value may use that scheme. */
  hmacKey?: string | undefined;
  /** Asks the directory; without it no stored value may be `{bind}` and the name of an entry. */
  bind?: SecretBind | undefined;
}

/** A stored value taken apart. */
export interface StoredSecret {
  hashing: SecretHashing;
  value: string;
}

export interface SecretSchemes {
  /** The hashing of values without a prefix. */
  usual: SecretHashing;
  /** Takes a stored value apart; a text saying what is wrong, without the value, when it cannot be used. */
  parse(value: string): StoredSecret | string;
  /** What a value of a file is kept as. */
  load(value: string): LoadedSecret;
}

export type LoadedSecret = { ok: true; value: string } | { ok: false; problem: string };

const PREFIX = /^\{(hmac-sha256|scrypt|argon2id|sha256|bind)\}/;
const FILE_PREFIX = /^\{(hmac-sha256|scrypt|argon2id)\}/;
/** Hashes in the forms of other programs: taken as plain text, whoever reads the file could send one as the secret. */
const FOREIGN_HASH =
  /^(?:\$(?:argon2(?:id|i|d)|2[abxy]|[1567y]|scrypt|pbkdf2(?:-\w+)?)\$|\{(?:S?SHA[\d-]*|S?MD5|CRYPT|PBKDF2[\w-]*|bcrypt|argon2)\})/;
const DIRECTORY_PREFIX = /^\{(hmac-sha256|scrypt|argon2id|bind)\}/;

/** The schemes in use. @throws TypeError when the setting is `hmac-sha256` and the key is missing or short. */
export function createSecretSchemes({ scheme, hmacKey, bind }: SecretSettings): SecretSchemes {
  const schemes = [createPlainSecrets(), createLoadedPlainSecrets(), createScryptSecrets(), createArgon2idSecrets()];
  if (hmacKey !== undefined) schemes.push(createHmacSecrets(hmacKey));
  if (bind !== undefined) schemes.push(createBindSecrets(bind));
  const byName = new Map<string, SecretHashing>(schemes.map((hashing) => [hashing.scheme, hashing]));
  const usual = byName.get(scheme);
  if (usual === undefined) throw new TypeError(`client secrets stored as ${scheme} need a key`);
  function parse(text: string, prefixes: RegExp): StoredSecret | string {
    const [prefix = '', schemeName = scheme] = prefixes.exec(text) ?? [];
    const hashing = byName.get(schemeName);
    if (hashing === undefined) return `is stored as ${schemeName}, for which no key is configured`;
    const value = text.slice(prefix.length);
    return hashing.isWellFormed(value) ? { hashing, value } : `is not a well-formed ${schemeName} value`;
  }
  return {
    usual,
    parse: (value) => parse(value, PREFIX),
    load(value) {
      const secret = parse(value, bind === undefined ? FILE_PREFIX : DIRECTORY_PREFIX);
      if (typeof secret === 'string') return { ok: false, problem: secret };
      if (secret.hashing.scheme !== 'none') return { ok: true, value };
      if (FOREIGN_HASH.test(value))
        return { ok: false, problem: 'is a hash that is not read here: see npm run client:hash' };
      return { ok: true, value: digestPlainSecret(value) };
    },
  };
}
