import { describe, expect, it } from '@jest/globals';
import { matchesPattern, parsePattern } from '../../src/json/pattern.js';

function matches(pattern: string, resource: string): boolean {
  const segments = parsePattern(pattern);
  if (typeof segments === 'string') throw new Error(segments);
  return matchesPattern(segments, resource);
}

describe('parsePattern', () => {
  it.each([
    'http://host*',
    'https://api.example.com*',
    'http://user@host:*',
    'http://host:80*',
    'http*',
    'https://*',
    'h*',
  ])('refuses %s, which would match other hosts', (pattern) => {
    expect(parsePattern(pattern)).toEqual(expect.any(String));
  });

  it.each(['http://images.example.com:*/*', 'https://api.example.com/*', 'images-*', '*', 'urn:example:*', 'plain'])(
    'accepts %s',
    (pattern) => {
      expect(parsePattern(pattern)).toEqual(expect.any(Object));
    },
  );
});

describe('matchesPattern', () => {
  it.each([
    ['plain', 'plain'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/photos?size=1'],
    ['http://images.example.com:*/*', 'http://images.example.com:*/*'],
    ['http://images.example.com:*/*', 'http://images.example.com:8080/photos'],
    ['http://[::1]:*/*', 'http://[::1]:8080/'],
    ['images-*', 'images-eu'],
    ['*', 'anything'],
  ])('%s matches %s', (pattern, resource) => {
    expect(matches(pattern, resource)).toBe(true);
  });

  it.each([
    ['plain', 'Plain'],
    ['plain', 'plainer'],
    ['http://images.example.com:*/*', 'http://images.example.com:8080@evil.example/'],
    ['http://images.example.com:*/*', 'http://images.example.com:pw@evil.example/'],
    ['http://images.example.com:*/*', 'http://images.example.com/photos'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/../admin'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/%2e%2E/admin'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/x\\..\\admin'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/x/..'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/..#a'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/..%2Fadmin'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/x%2f%2e%2e/admin'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/x%5C..%5cadmin'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v1/..;a=b/admin'],
    ['https://api.example.com/v1/*', 'https://api.example.com/v2/'],
  ])('%s does not match %s', (pattern, resource) => {
    expect(matches(pattern, resource)).toBe(false);
  });
});
