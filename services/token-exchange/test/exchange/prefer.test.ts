import { describe, expect, it } from '@jest/globals';
import { preferenceApplied, preferredWait } from '../../src/exchange/prefer.js';

describe('Prefer: wait (RFC 7240 section 4.3)', () => {
  it.each([
    [undefined, 0],
    ['', 0],
    ['wait=10', 10],
    ['Wait=10', 10],
    ['wait="10"', 10],
    ['wait = 10 ; foo=bar', 10],
    ['respond-async, wait=10', 10],
    ['wait=10, wait=20', 10],
    ['wait=61', 60],
    ['wait=999999999', 60],
    ['wait=0', 0],
    ['wait=-1', 0],
    ['wait=1.5', 0],
    ['wait=soon', 0],
    ['wait=10000000000', 0],
    ['await=10', 0],
    ['wait=10x', 0],
  ])('%j is %i seconds', (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });

  it('says what was applied, where something was', () => {
    expect(preferenceApplied(60)).toEqual({ 'Preference-Applied': 'wait=60' });
    expect(preferenceApplied(0)).toEqual({});
  });
});
