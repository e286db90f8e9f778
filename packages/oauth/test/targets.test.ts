import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isValidAudience, isValidResource } from '../src/index.js';
import { anyText } from '@mandate/testing';

describe('isValidResource', () => {
  it.each(['https://api.example.com', 'https://api.example.com/a?b=c', 'urn:example:images', 'mailto:a@b'])(
    'accepts the absolute URI %s in both syntaxes (RFC 8707 section 2)',
    (resource) => {
      expect([isValidResource(resource, 'uri'), isValidResource(resource, 'ims')]).toEqual([true, true]);
    },
  );

  it.each(['http://images.example.com:*/*', 'foo', 'images', '/relative'])(
    'accepts %s as IMS sends it only',
    (resource) => {
      expect([isValidResource(resource, 'uri'), isValidResource(resource, 'ims')]).toEqual([false, true]);
    },
  );

  it.each([
    'https://x/#f',
    'https://x/#',
    '::',
    'foo#bar',
    'a b',
    'https://x/\n',
    '\0',
    '\u007f',
    ' https://x/',
    'https://x/\u202ea',
    'https://x/\u2028',
  ])('GR-24 refuses %j in both syntaxes', (resource) => {
    expect([isValidResource(resource, 'uri'), isValidResource(resource, 'ims')]).toEqual([false, false]);
  });

  it('GR-24 refuses foo as a URI', () => {
    expect(isValidResource('foo', 'uri')).toBe(false);
  });

  it('accepts 2,048 characters and refuses 2,049', () => {
    const resourceOfLength = (length: number): string => 'https://x/'.padEnd(length, 'a');
    expect(isValidResource(resourceOfLength(2048), 'uri')).toBe(true);
    expect(isValidResource(resourceOfLength(2049), 'uri')).toBe(false);
    expect(isValidResource(resourceOfLength(2049), 'ims')).toBe(false);
  });

  it('is stricter as uri than as ims, and never lets a space, control character or fragment through', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        if (isValidResource(text, 'uri')) expect(isValidResource(text, 'ims')).toBe(true);
        if (isValidResource(text, 'ims')) expect(text).not.toMatch(/[\s\p{C}#]/u);
      }),
    );
  });
});

describe('isValidAudience', () => {
  it('accepts a logical name or a URI of at most 2,048 printable characters', () => {
    expect(['images', 'https://api#x', 'a'.repeat(2048)].map(isValidAudience)).toEqual([true, true, true]);
    expect(['a b', 'a\n', 'a\0', 'a'.repeat(2049)].map(isValidAudience)).toEqual([false, false, false, false]);
  });
});
