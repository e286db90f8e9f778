import { BIND, type SecretHashing } from './secret-hashing.js';

/** Whether a directory takes the secret for that of the entry with this name. @throws UpstreamError when it cannot say */
export type SecretBind = (entryName: string, secret: string) => Promise<boolean>;

/** Secrets that a directory keeps to itself: the stored value is the entry, and the check is a bind as it (RFC 4513 section 5.1.3). */
export function createBindSecrets(bind: SecretBind): SecretHashing {
  return {
    scheme: BIND,
    slow: true,
    dummy: '',
    isWellFormed: (entryName) => entryName !== '',
    matches: (entryName, secret) => bind(entryName, secret),
    hash: () => Promise.reject(new TypeError('a directory sets its secrets itself')),
  };
}
