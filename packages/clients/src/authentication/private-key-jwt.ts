import { type Form, JWT_BEARER_CLIENT_ASSERTION, OAuthError, singleParameter } from '@mandate/oauth';
import { type Clock } from '@mandate/ports';
import { ASYMMETRIC_ALGORITHMS, type CompactJws, parseCompactJws, verifySignature } from '@mandate/token';
import type { ClientKeys } from '../keys/client-keys.js';
import type { ReplayStore } from '../replay/replay-store.js';
import type { ClientStore } from '../store/client-store.js';
import type { Client } from '../store/client.js';
import { type AssertionClaims, type AssertionRules, checkAssertionClaims } from './assertion-claims.js';
import type { AuthenticationMethod, AuthenticationResult } from './authentication-method.js';
import { isWithoutKeys } from './required-credentials.js';

export interface PrivateKeyJwtOptions extends AssertionRules {
  store: ClientStore;
  keys: ClientKeys;
  replays: ReplayStore;
  clock: Clock;
}

const METHOD = 'private_key_jwt';

/** `private_key_jwt` (RFC 7523 section 2.2): a short-lived JWT that the client signs, accepted exactly once. */
export function createPrivateKeyJwt(options: PrivateKeyJwtOptions): AuthenticationMethod {
  const { store, keys, replays, clock } = options;
  return {
    name: METHOD,
    signingAlgorithms: ASYMMETRIC_ALGORITHMS,
    accepts: ({ form }) => form.has('client_assertion') || form.has('client_assertion_type'),
    async authenticate({ form, onCaller }) {
      const read = readAssertion(form, { ...options, now: clock() });
      if (!read.ok) return read;
      const { jws, clientId, usableUntil, replayKey } = read.assertion;

      const client = await store.findClient(clientId);
      if (client !== undefined) onCaller?.({ claimedClient: client.clientId });
      const registered = checkRegistration(client, jws.header.alg);
      // no early return: a client that is unknown, or may not authenticate this way, costs as much as a bad signature
      const signer = registered.ok ? registered.client : store.decoyFor?.(clientId, 'keys');
      const isSigned = await isSignedBy(signer, jws, keys);
      if (!registered.ok) return registered;
      if (!isSigned) return { ok: false, reason: 'bad_signature' };

      // last, and looking at the clock again: the keys may have taken their time, and a store forgets what has expired
      if (clock() >= usableUntil) return { ok: false, reason: 'expired' };
      const first = await replays.markUsed(replayKey, usableUntil);
      return first ? registered : { ok: false, reason: 'replayed' };
    },
  };
}

async function isSignedBy(signer: Client | undefined, jws: CompactJws, keys: ClientKeys): Promise<boolean> {
  return signer !== undefined && verifySignature(jws, await keys.candidates(signer, jws.header));
}

type ReadAssertion = { ok: true; assertion: AssertionClaims & { jws: CompactJws } } | { ok: false; reason: string };

/** All that can be said of it without knowing who it is: that makes no difference to an HMAC either (docs/security.md C4). */
function readAssertion(form: Form, rules: AssertionRules & { now: number }): ReadAssertion {
  const result = parseCompactJws(presentedAssertion(form));
  if (!result.ok) return result;
  const { jws } = result;
  const check = checkAssertionClaims(jws, rules);
  if (!check.ok) return check;
  if (!ASYMMETRIC_ALGORITHMS.includes(jws.header.alg)) return { ok: false, reason: 'algorithm_not_allowed' };
  const parameter = singleParameter(form, 'client_id') ?? check.claims.clientId;
  if (parameter !== check.claims.clientId) return { ok: false, reason: 'wrong_client_id' };
  return { ok: true, assertion: { ...check.claims, jws } };
}

/** RFC 7521 section 4.2: an assertion and its type come together, and the type is the one of RFC 7523. */
function presentedAssertion(form: Form): string {
  const type = singleParameter(form, 'client_assertion_type');
  const assertion = singleParameter(form, 'client_assertion');
  if (assertion !== undefined && type === JWT_BEARER_CLIENT_ASSERTION) return assertion;
  throw new OAuthError('invalid_request', 'Parameter client_assertion or client_assertion_type is not acceptable');
}

/** The method and the algorithm that the client is registered for, and keys to verify it with. */
function checkRegistration(client: Client | undefined, alg: string): AuthenticationResult {
  if (client === undefined) return { ok: false, reason: 'unknown_client' };
  if ((client.tokenEndpointAuthMethod ?? METHOD) !== METHOD) return { ok: false, reason: 'wrong_method' };
  if ((client.tokenEndpointAuthSigningAlg ?? alg) !== alg) return { ok: false, reason: 'algorithm_not_allowed' };
  return isWithoutKeys(client) ? { ok: false, reason: 'no_keys' } : { ok: true, client };
}
