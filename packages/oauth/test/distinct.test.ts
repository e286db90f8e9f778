import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distinct } from '../src/index.js';

describe('distinct', () => {
  it('has each item once in the order of its first, of few and of many as a Set has', () => {
    const few = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l');
    fc.assert(
      fc.property(fc.array(few, { maxLength: 20 }), (items) => {
        expect(distinct(items)).toEqual([...new Set(items)]);
      }),
    );
  });

  it('is a list of its own', () => {
    const items = ['a'];
    expect(distinct(items)).not.toBe(items);
  });
});
