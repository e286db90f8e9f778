import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type HttpClient, type JsonObject, UpstreamError } from '@mandate/ports';
import { createTestKey, fixedClock, signTestToken, TEST_START } from '@mandate/testing';
import {
  createIssuerKeys,
  createKeyStore,
  createMemoryRevocationStore,
  createStaticIssuerKeys,
  createTokenVerifier,
  createVerifiedTokens,
  ownIssuerKeys,
  parseSigningJwks,
  type TrustedIssuerRecord,
  withOwnIssuer,
  withRevocation,
} from '../../src/index.js';
import type { AcceptedToken } from '../../src/tokens/verified-tokens.js';
import { jwksOf, tokenOf, withClaims } from '../verifier-fixture.js';

const FILE = 'https://file.example';
const REMOTE = 'https://remote.example';
const OWN = 'https://own.example';
/** Of one algorithm and one `kid`: a key that was changed without a new name. */
const [first, second] = [createTestKey('ES256', { kid: 'k' }), createTestKey('ES256', { kid: 'k' })];
const keys = [first, second];

/** Tokens of every issuer by every key, good for 400 seconds; one that ends early, one that begins late, one spoiled. */
const goodTokens = [FILE, REMOTE, OWN].flatMap((iss) =>
  keys.map((key) =>
    signTestToken(key, { iss, sub: 'a', aud: 'x', jti: `${iss}${keys.indexOf(key)}`, exp: TEST_START + 400 }),
  ),
);
const earlyToken = signTestToken(first, { iss: FILE, sub: 'a', aud: 'y', exp: TEST_START + 60 });
const lateToken = signTestToken(second, { iss: FILE, sub: 'a', exp: TEST_START + 400, nbf: TEST_START + 100 });
const tokens = [...goodTokens, earlyToken, lateToken, `${earlyToken.slice(0, -4)}AAAA`];

const jwks = (...used: typeof keys): JsonObject => jwksOf(...used);
const bothKeys = jwks(first, second);
const fileIssuers: (Partial<TrustedIssuerRecord> | undefined)[] = [
  { jwks: jwks(first) },
  { jwks: bothKeys, mayAssertAct: true },
  { jwks: jwks(second), audience: ['y'] },
  { jwks: bothKeys, algorithms: ['EdDSA'] },
  { jwks: bothKeys, maxLifetimeSeconds: 100 },
  { jwks: bothKeys, requireAccessTokenType: true },
  undefined,
];
const keySets = [[first], [second], [first, second], [second, first]];

/** All that a verdict depends on, and a verifier over it. */
function createWorld(maxBytes: number) {
  const clock = fixedClock();
  const remote: TrustedIssuerRecord = { issuer: REMOTE, jwksUri: `${REMOTE}/jwks` };
  const recordsWith = (record: Partial<TrustedIssuerRecord> | undefined): TrustedIssuerRecord[] =>
    record === undefined ? [remote] : [remote, { issuer: FILE, ...record }];
  const signingSet = (used: typeof keys) =>
    parseSigningJwks(JSON.stringify({ keys: used.map(({ privateJwk }) => privateJwk) }));
  const state = {
    records: recordsWith(fileIssuers[0]),
    served: keySets[0] ?? [],
    down: false,
    own: signingSet([first]),
  };
  let requests = 0;
  const http: HttpClient = {
    send() {
      requests += 1;
      if (state.down) return Promise.reject(new UpstreamError('issuer_keys', 'unreachable'));
      const body = JSON.stringify(jwks(...state.served));
      return Promise.resolve({ status: 200, headers: { 'content-type': 'application/json' }, body });
    },
  };
  const listedIssuers = createIssuerKeys({ http, clock, current: () => state.records });
  const issuers = withOwnIssuer(listedIssuers, ownIssuerKeys(OWN, createKeyStore({ current: () => state.own })));
  const cache = maxBytes === 0 ? undefined : createVerifiedTokens({ maxBytes });
  const revocations = createMemoryRevocationStore({ clock });
  const plain = createTokenVerifier({ issuers, clock, known: cache });
  const verifier = withRevocation(plain, revocations);
  return {
    /** What a step changes, and what verifying each token then comes to. */
    async take(step: Step): Promise<unknown> {
      const token = tokens[step.at % tokens.length] ?? '';
      if (step.kind === 'wait') clock.advance(step.at % 200);
      if (step.kind === 'reload') state.records = recordsWith(fileIssuers[step.at % fileIssuers.length]);
      if (step.kind === 'rotate') state.own = signingSet([step.at % 2 === 0 ? first : second]);
      if (step.kind === 'serve') state.served = keySets[step.at % keySets.length] ?? [];
      if (step.kind === 'fail') state.down = step.at % 2 === 0;
      if (step.kind === 'revoke') await revoke(token);
      const outcomes: unknown[] = [];
      for (const one of tokens) outcomes.push(await verifier.verify(one).catch((error: unknown) => String(error)));
      return { outcomes, requests };
    },
  };

  async function revoke(token: string): Promise<void> {
    const result = await plain.verify(token).catch(() => undefined);
    if (result?.ok !== true) return;
    await revocations.revoke([{ kind: 'token', id: result.token.id, expiresAt: TEST_START + 9000 }]);
  }
}

async function acceptedToken(): Promise<AcceptedToken> {
  const issuer = createStaticIssuerKeys({ issuers: [{ issuer: FILE, jwks: jwks(first) }] }).keysFor(FILE);
  if (issuer === undefined) throw new Error('there is no such issuer');
  const token = await tokenOf(withClaims({ act: { sub: 'a' }, scope: 'read', aud: ['x', 'y'] }));
  const times = { expiresAt: token.expiresAt, notBefore: undefined, issuedAt: undefined };
  return { token, times, key: first.privateKey, issuer };
}

const kinds = ['wait', 'reload', 'rotate', 'serve', 'fail', 'revoke'] as const;
interface Step {
  kind: (typeof kinds)[number];
  at: number;
}
const steps = fc.array(fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(1000) }), { maxLength: 20 });

describe('tokens that are kept once they were verified', () => {
  it.each([5000, 100_000_000])(
    'T24 come to the same, whatever happens in between, as tokens that are verified each time (%i bytes)',
    async (maxBytes) => {
      const property = fc.asyncProperty(steps, async (sequence) => {
        const [without, withKept] = [createWorld(0), createWorld(maxBytes)];
        for (const step of sequence) expect(await withKept.take(step)).toEqual(await without.take(step));
      });
      await fc.assert(property, { numRuns: 50 });
    },
    180_000,
  );

  it('are verified by no signature a third time while the key is one of the issuer, and by one once it is not', async () => {
    let lookups = 0;
    const cache = createVerifiedTokens({ maxBytes: 1_000_000 });
    const keptTokens: string[] = [];
    const countedTokens = {
      find: (token: string) => {
        lookups += 1;
        const entry = cache.find(token);
        return {
          accepted: entry.accepted,
          keep: (accepted: AcceptedToken) => {
            keptTokens.push(token);
            entry.keep(accepted);
          },
        };
      },
    };
    let records: TrustedIssuerRecord[] = [{ issuer: FILE, jwks: jwks(first) }];
    const http = { send: () => Promise.reject(new UpstreamError('none', 'unreachable')) };
    const issuers = createIssuerKeys({ http, clock: fixedClock(), current: () => records });
    const verifier = createTokenVerifier({ issuers, clock: fixedClock(), known: countedTokens });
    const token = signTestToken(first, { iss: FILE, sub: 'a', exp: TEST_START + 60 });
    for (let times = 0; times < 4; times += 1) expect(await verifier.verify(token)).toMatchObject({ ok: true });
    expect([lookups, keptTokens.length]).toEqual([4, 2]);
    records = [{ issuer: FILE, jwks: jwks(first), mayAssertAct: true }];
    expect(await verifier.verify(token)).toMatchObject({ ok: true, token: { trust: { mayAssertAct: true } } });
    expect(keptTokens.length).toBe(3);
    records = [{ issuer: FILE, jwks: jwks(second) }];
    expect(await verifier.verify(token)).toMatchObject({ ok: false });
    expect(await verifier.verify(`${token.slice(0, -4)}AAAA`)).toEqual({ ok: false, reason: 'bad_signature' });
    expect(keptTokens.length).toBe(3);
  });

  it('are kept frozen, no more of them than there is room for, and no refused one', async () => {
    const known = createVerifiedTokens({ maxBytes: 3 * (7 * 100 + 600) });
    const accepted = await acceptedToken();
    const { token } = accepted;
    const named = ['a', 'b', 'c', 'd'].map((name) => name.repeat(100));
    const keepRepeated = (name = ''): void => {
      known.find(name).keep(accepted);
      known.find(name).keep(accepted);
    };
    for (const name of named.slice(0, 3)) keepRepeated(name);
    expect(known.find(named[0] ?? '').accepted).toBe(accepted);
    keepRepeated(named[3]);
    expect(named.map((name) => known.find(name).accepted !== undefined)).toEqual([true, false, true, true]);
    for (const part of [token, token.header, token.claims['act'], token.claims['aud'], token.scopes, token.audience]) {
      expect(() => Object.assign(part as object, { sub: 'mallory' })).toThrow(TypeError);
    }
    keepRepeated('x'.repeat(10_000));
    expect(named.map((name) => known.find(name).accepted)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('give way to none that comes once, however many do', async () => {
    const known = createVerifiedTokens({ maxBytes: 3 * (7 * 100 + 600) });
    const accepted = await acceptedToken();
    const repeated = 'a'.repeat(100);
    known.find(repeated).keep(accepted);
    expect(known.find(repeated).accepted).toBeUndefined();
    known.find(repeated).keep(accepted);
    for (let count = 0; count < 1000; count += 1) known.find(String(count).padEnd(100)).keep(accepted);
    expect(known.find(repeated).accepted).toBe(accepted);
  });
});
