import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type ActClaim,
  actorsOf,
  chainIncludes,
  chainTooDeep,
  extendChain,
  type Identity,
  parseActChain,
} from '../src/index.js';
import { type JsonValue } from '@mandate/ports';
import { MAX_CHAIN_BYTES } from '../src/actor-chain.js';

const AS = 'https://as.example.com';
const actor = (sub: string, iss = AS): Identity => ({ iss, sub });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const identity = fc.record({ iss: name, sub: name });

function chainOf(actors: readonly Identity[], form: 'sub' | 'iss+sub' = 'iss+sub'): ActClaim | undefined {
  return actors.reduceRight<ActClaim | undefined>((inner, one) => extendChain(inner, one, form), undefined);
}

describe('extendChain (RFC 8693 section 4.1)', () => {
  it('TX-44 puts the newest actor outermost: downstream, mcp, agent', () => {
    const chain = ['agent', 'mcp', 'downstream'].reduce<ActClaim | undefined>(
      (inbound, sub) => extendChain(inbound, actor(sub), 'sub'),
      undefined,
    );
    expect(chain).toEqual({ sub: 'downstream', act: { sub: 'mcp', act: { sub: 'agent' } } });
  });

  it('names the actor by sub, or by the pair', () => {
    expect(extendChain(undefined, actor('bob'), 'sub')).toEqual({ sub: 'bob' });
    expect(extendChain(undefined, actor('bob'), 'iss+sub')).toEqual({ iss: AS, sub: 'bob' });
  });

  it('never drops, truncates, reorders or changes what came in', () => {
    fc.assert(
      fc.property(fc.array(identity, { minLength: 1 }), identity, (actors, newest) => {
        const inbound = chainOf(actors);
        const inboundText = JSON.stringify(inbound);
        const chain = extendChain(inbound, newest, 'iss+sub');
        expect(actorsOf(chain)).toEqual([newest, ...actors]);
        expect(JSON.stringify(chain['act'])).toBe(inboundText);
        expect(JSON.stringify(inbound)).toBe(inboundText);
      }),
    );
  });
});

describe('parseActChain', () => {
  it('gives back the very claim, further members included', () => {
    const act = { sub: 'bob', email: 'b@x', act: { iss: AS, sub: 'carol' } };
    expect(parseActChain(act)).toBe(act);
    expect(parseActChain(undefined)).toBeUndefined();
  });

  it('accepts what extendChain made', () => {
    fc.assert(
      fc.property(fc.array(identity, { minLength: 1 }), (actors) => {
        const chain = chainOf(actors);
        expect(parseActChain(chain)).toBe(chain);
      }),
    );
  });

  it.each<JsonValue>([
    'bob',
    1,
    true,
    null,
    [],
    [{ sub: 'bob' }],
    {},
    { sub: '' },
    { sub: 1 },
    { sub: ['bob'] },
    { iss: AS },
    { sub: 'bob', iss: 1 },
    { sub: 'bob', iss: '' },
    { sub: 'bob', iss: null },
    { sub: 'bob', act: null },
    { sub: 'bob', act: 'carol' },
    { sub: 'bob', act: {} },
    { sub: 'bob', act: { sub: 'carol', act: [] } },
  ])('takes %j for malformed', (act) => {
    expect(parseActChain(act)).toBeNull();
  });

  it('never throws, and what it accepts has a sub at every level', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (act) => {
        const chain = parseActChain(act as JsonValue);
        expect(actorsOf(chain ?? undefined).every(({ sub }) => sub !== '')).toBe(true);
      }),
    );
  });

  it('T20 reads a chain of 20,000 actors without running out of stack', () => {
    const act = chainOf(Array.from({ length: 20_000 }, () => actor('bob')));
    expect(actorsOf(parseActChain(act) ?? undefined)).toHaveLength(20_000);
  });
});

describe('actorsOf', () => {
  it('lists the actors newest first, with iss where the token carries it', () => {
    expect(actorsOf({ sub: 'b', act: { sub: 'a', iss: AS } })).toEqual([{ sub: 'b' }, { sub: 'a', iss: AS }]);
    expect(actorsOf(undefined)).toEqual([]);
  });
});

describe('chainIncludes (X8)', () => {
  const chain = { sub: 'bob', iss: AS, act: { sub: 'carol' } };

  it('finds an actor at any depth by the pair', () => {
    expect(chainIncludes(chain, actor('bob'))).toBe(true);
    expect(chainIncludes(chain, actor('bob', 'https://other'))).toBe(false);
    expect(chainIncludes(chain, actor('Bob'))).toBe(false);
    expect(chainIncludes(undefined, actor('bob'))).toBe(false);
  });

  it('takes an entry without iss for anybody of that sub', () => {
    expect(chainIncludes(chain, actor('carol', 'https://anywhere'))).toBe(true);
  });

  it('finds every actor it was made of', () => {
    fc.assert(
      fc.property(
        fc.array(identity, { minLength: 1 }),
        fc.nat(),
        fc.constantFrom('sub', 'iss+sub'),
        (actors, at, form) => {
          expect(chainIncludes(chainOf(actors, form), actors[at % actors.length]!)).toBe(true);
        },
      ),
    );
  });
});

describe('chainTooDeep (TX-45, TX-74)', () => {
  it('counts actors against the maximum', () => {
    const fourActors = chainOf(['a', 'b', 'c', 'd'].map((sub) => actor(sub)))!;
    expect(chainTooDeep(fourActors, 4)).toBe(false);
    expect(chainTooDeep(fourActors, 3)).toBe(true);
  });

  it('measures UTF-8 bytes against 4 KiB', () => {
    const actorNamed = (sub: string): ActClaim => ({ sub });
    const overhead = JSON.stringify(actorNamed('')).length;
    expect(chainTooDeep(actorNamed('a'.repeat(MAX_CHAIN_BYTES - overhead)), 4)).toBe(false);
    expect(chainTooDeep(actorNamed('a'.repeat(MAX_CHAIN_BYTES - overhead + 1)), 4)).toBe(true);
    expect(chainTooDeep(actorNamed('é'.repeat(MAX_CHAIN_BYTES / 2)), 4)).toBe(true);
  });
});
