import { type Clock, UpstreamError } from '@mandate/ports';
import { isSecretLength } from './secret-hashing.js';
import { createSecretSchemes, type SecretSettings, type StoredSecret } from './secret-schemes.js';
import { type SecretCheck, withVerifiedSecrets } from './verified-secrets.js';
import { createWorkQueue } from './work-queue.js';

/** Checks secrets that clients present. */
export interface SecretVerifier {
  /**
   * Whether the secret is one of the stored values. Without stored values it does the work of one check and says no,
   * so that an unknown client cannot be told from a wrong secret (docs/security.md C7).
   * @throws UpstreamError `overloaded` when too many slow checks wait; `malformed` for a stored value of no scheme.
   */
  verify(claim: SecretClaim): Promise<boolean>;
}

/** A secret presented for a client, and what is stored for that client. */
export interface SecretClaim {
  clientId: string;
  secret: string;
  values: readonly string[];
}

export interface SecretVerifierOptions extends SecretSettings {
  clock: Clock;
  /** How long a secret that passed a slow check is remembered. Default 60. */
  rememberSeconds?: number;
  /** Slow checks at once (2; they share the process's four I/O threads) and at most waiting (32). */
  concurrency?: number;
  maxWaiting?: number;
}

/** The verifier for all schemes: fast hashes at once, slow ones off the event loop through a bounded queue. */
export function createSecretVerifier(options: SecretVerifierOptions): SecretVerifier {
  const { clock, rememberSeconds = 60, concurrency = 2, maxWaiting = 32, ...settings } = options;
  const schemes = createSecretSchemes(settings);
  const queue = createWorkQueue({ name: 'client_secret_hashing', concurrency, maxWaiting });
  const parse = (text: string): StoredSecret => {
    const secret = schemes.parse(text);
    if (typeof secret === 'string') throw new UpstreamError('client_store', 'malformed', `a client secret ${secret}`);
    return secret;
  };
  const matches = ({ hashing, value }: StoredSecret, secret: string): Promise<boolean> =>
    hashing.matches(value, secret);
  const slowly = withVerifiedSecrets(({ value, secret }) => queue.run(() => matches(parse(value), secret)), {
    clock,
    rememberSeconds,
  });
  const check: SecretCheck = (claim) => {
    const stored = parse(claim.value);
    return stored.hashing.slow ? slowly(claim) : matches(stored, claim.secret);
  };

  return {
    async verify({ clientId, secret, values }) {
      if (values.length === 0 || !isSecretLength(secret)) {
        await check({ clientId, secret: isSecretLength(secret) ? secret : '-', value: schemes.usual.dummy });
        return false;
      }
      for (const value of values) if (await check({ clientId, secret, value })) return true;
      return false;
    },
  };
}
