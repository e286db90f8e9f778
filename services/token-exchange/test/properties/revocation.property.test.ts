import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { TOKEN_TYPE } from '@mandate/oauth';
import { createPolicyChain, type PolicyBackend } from '@mandate/policy';
import type { JsonObject } from '@mandate/ports';
import { policyContext } from '@mandate/testing';
import {
  createMemoryRevocationStore,
  isRevoked,
  type Revocation,
  tokenIdentifier,
  type TokenVerifier,
  type VerifiedToken,
} from '@mandate/token';
import { decideExchange } from '../../src/exchange/decide-exchange.js';
import type { Inquiry } from '../../src/exchange/inquiry.js';
import { readActAs } from '../../src/exchange/read-act-as.js';
import { readUserAssertion } from '../../src/exchange/read-assertion.js';
import { readExchange } from '../../src/exchange/read-exchange.js';
import { renderClaims } from '../../src/issue/token-claims.js';
import {
  assertionReadingOf,
  caller,
  readingOf,
  rulesFor,
  settings,
  termsOf,
  verifiedToken,
} from './random-exchange.js';

const RUNS = { numRuns: 2000 };
jest.setTimeout(180_000);
const START = 1_800_000_000;
const PEOPLE = ['alice', 'bob', 'carol'];

/** What is revoked: a token, with what came of it, or what somebody had or did until now. */
const ending = fc.oneof(
  fc.record({ kind: fc.constant('token' as const), token: fc.nat(9) }),
  fc.record({ kind: fc.constantFrom('subject' as const, 'actor' as const), name: fc.constantFrom(...PEOPLE) }),
);
const step = fc.record({
  way: fc.constantFrom('token_exchange', 'token_exchange', 'user_assertion', 'act_as'),
  subject: fc.nat(9),
  actor: fc.option(fc.nat(9), { nil: undefined }),
  form: fc.constantFrom('act' as const, 'act_as' as const),
  before: fc.option(ending, { nil: undefined, freq: 4 }),
  /** Something ends while the policy decides, which takes its time. */
  during: fc.option(ending, { nil: undefined, freq: 3 }),
  seconds: fc.integer({ min: 1, max: 3 }),
});
type Ending = typeof ending extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a token has to be by the rules of docs/delegation.md section 6, whether or not it is issued yet. */
interface Fate {
  parents: readonly Known[];
  /** Whom it is about, and who acts with it. */
  subjects: readonly string[];
  actors: readonly string[];
  ended: boolean;
}
interface Known extends Fate {
  token: VerifiedToken;
}

/** A world of a few tokens, a clock, and a policy that permits everything to everybody after `onQuestion`. */
function makeWorld() {
  let now = START;
  const clock = (): number => now;
  const revocations = createMemoryRevocationStore({ clock });
  const known: Known[] = [];
  let serial = 0;

  function add(claims: JsonObject, fate: Fate): void {
    const jti = `jti${++serial}`;
    const id = tokenIdentifier('', { issuer: settings.issuer, jwtId: jti });
    const token = { ...verifiedToken({ ...claims, jti }), id, issuedAt: Number(claims['iat']) };
    known.push({ token, ...fate });
  }
  const at = (index: number): Known => {
    const found = known[index % known.length];
    if (found === undefined) throw new Error('a world has tokens');
    return found;
  };

  async function end(ended: Ending, pending: readonly Fate[] = []): Promise<void> {
    const expiresAt = now + 100_000;
    const everything: Fate[] = [...known, ...pending];
    if (ended.kind === 'token') {
      const { token } = at(ended.token);
      await revocations.revoke([{ kind: 'token', id: token.id, expiresAt }]);
      at(ended.token).ended = true;
    } else {
      const { kind, name: sub } = ended;
      const cutOff: Revocation = { kind, identity: { iss: settings.issuer, sub }, before: now + 1, expiresAt };
      await revocations.revoke([cutOff]);
      const names = kind === 'subject' ? 'subjects' : 'actors';
      for (const one of everything) if (one[names].includes(sub)) one.ended = true;
    }
    for (const one of everything) if (one.parents.some((parent) => isEndedByToken(parent, ended))) one.ended = true;
  }
  /** Cut-offs go by what each token says; a token that is revoked ends what was derived of it. */
  function isEndedByToken(parent: Known, ended: Ending): boolean {
    if (ended.kind !== 'token') return false;
    return parent === at(ended.token) || parent.parents.some((one) => isEndedByToken(one, ended));
  }
  return { known, at, add, end, revocations, clock, advance: (seconds: number) => void (now += seconds) };
}
type World = ReturnType<typeof makeWorld>;

function inquiryOf({ way, ...step }: Step, { at }: World): { inquiry: Inquiry; parents: Known[] } {
  const subject = at(step.subject);
  const actor = step.actor === undefined ? undefined : at(step.actor);
  const tokens = new Map([['subject', subject.token]]);
  if (actor !== undefined) tokens.set('actor', actor.token);
  const by = { caller, context: policyContext() };
  const terms = termsOf({ resources: ['a'], scopes: [], narrow: false });
  const verifier: TokenVerifier = readingOf(tokens).verifier;
  if (way === 'act_as') {
    const inquiry = readActAs({ assertion: 'subject', name: 'dave', issuer: settings.issuer, terms }, by, verifier);
    return { inquiry, parents: [subject] };
  }
  if (way === 'user_assertion') {
    const inquiry = readUserAssertion({ assertion: 'subject', terms }, by, assertionReadingOf(tokens));
    return { inquiry, parents: [subject] };
  }
  const declaredType = TOKEN_TYPE.accessToken;
  const request = {
    subject: { token: 'subject', declaredType },
    actor: actor && { token: 'actor', declaredType },
    terms,
  };
  return {
    inquiry: readExchange(request, by, readingOf(tokens)),
    parents: actor === undefined ? [subject] : [subject, actor],
  };
}

/** Whom the token to come is about, and who acts with it, if it comes. */
function expected({ way, form }: Step, parents: readonly Known[]): Pick<Fate, 'subjects' | 'actors'> {
  const [subject, actor] = parents;
  const acting = subject?.subjects ?? [];
  // In the form `act_as` the actor stands where the subject does.
  if (way === 'act_as') return { subjects: form === 'act' ? ['dave'] : ['dave', ...acting], actors: acting };
  return {
    subjects: subject?.subjects ?? [],
    actors: [...(subject?.actors ?? []), ...(actor?.subjects ?? [])],
  };
}

/** Whoever is cut off as an actor has nothing left to act with. */
async function mayBegin({ way }: Step, parents: readonly Known[], { revocations }: World): Promise<boolean> {
  const [subject, actor] = parents;
  const acting = way === 'act_as' ? [subject] : [actor];
  const tokens = acting.flatMap((one) => (one === undefined ? [] : [one.token]));
  return !parents.some(({ ended }) => ended) && !(await isRevoked(revocations, [], { actors: tokens }));
}

async function take(step: Step, world: World): Promise<boolean> {
  if (step.before) await world.end(step.before);
  world.advance(1);
  const { inquiry, parents } = inquiryOf(step, world);
  const begun = await mayBegin(step, parents, world);
  const coming: Fate = { parents, ended: false, ...expected(step, parents) };
  const backend: PolicyBackend = {
    name: 'all',
    async decide() {
      if (step.during) await world.end(step.during, [coming]);
      world.advance(step.seconds);
      const grant = { audience: 'a', scopes: ['read'], actAs: true, actAsForm: step.form };
      const allowedActors = [...PEOPLE, 'dave', 'gateway'].map((sub) => ({ iss: settings.issuer, sub }));
      return { outcome: 'permit', rules: ['all'], grants: [{ ...grant, allowedActors }] };
    },
  };
  const rules = rulesFor([], world.revocations);
  const ports = { ...rules.ports, policies: createPolicyChain([backend]), clock: world.clock };
  const verdict = await decideExchange(inquiry, { settings: { ...settings, subjectAudienceCheck: false }, ports });
  if (verdict.verdict !== 'permit') return false;
  expect(begun).toBe(true);
  world.add(renderClaims(verdict.token), coming);
  return true;
}

describe('revocation follows the lineage (docs/delegation.md section 6)', () => {
  it('X11 of a token or by a cut-off, before an exchange or while its policy decides, along any chain, and harms nothing else', async () => {
    const counts = { permits: 0, refusals: 0, ended: 0, active: 0 };
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const world = makeWorld();
      for (const sub of [...PEOPLE, 'dave']) {
        const claims = { sub, aud: 'gateway', scope: 'read', iat: START, exp: START + 5000 };
        world.add(claims, { parents: [], subjects: [sub], actors: [], ended: false });
      }
      for (const one of steps) counts[(await take(one, world)) ? 'permits' : 'refusals']++;
      for (const { token, ended } of world.known) {
        expect({ claims: token.claims, ended: await isRevoked(world.revocations, [token]) }).toEqual({
          claims: token.claims,
          ended,
        });
        counts[ended ? 'ended' : 'active']++;
      }
    });
    await fc.assert(property, RUNS);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(500);
  });
});
