import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import fc from 'fast-check';
import { parseRedisUrl } from '../../src/index.js';

describe('parseRedisUrl', () => {
  it.each([
    ['redis://redis', { mode: 'single', node: { host: 'redis', port: 6379 }, database: 0, tls: false }],
    ['redis://h:1/3', { mode: 'single', node: { host: 'h', port: 1 }, database: 3, tls: false }],
    ['rediss://[::1]:7', { mode: 'single', node: { host: '::1', port: 7 }, database: 0, tls: true }],
    [
      'redis://u%3A:p%40:q@h/',
      { mode: 'single', node: { host: 'h', port: 6379 }, database: 0, tls: false, username: 'u:', password: 'p@:q' },
    ],
    ['redis://:p@h', { mode: 'single', node: { host: 'h', port: 6379 }, database: 0, tls: false, password: 'p' }],
    [
      'redis+sentinel://:p@a:1,b/mandate/2',
      {
        mode: 'sentinel',
        master: 'mandate',
        database: 2,
        tls: false,
        password: 'p',
        sentinelAccess: { tls: false },
        sentinels: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26379 },
        ],
      },
    ],
    ['redis+cluster://a:1', { mode: 'cluster', nodes: [{ host: 'a', port: 1 }], tls: false }],
    [
      'rediss+cluster://u:p@a,b:2/',
      {
        mode: 'cluster',
        tls: true,
        username: 'u',
        password: 'p',
        nodes: [
          { host: 'a', port: 6379 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    [
      'redis://a:1, redis://b:2',
      {
        mode: 'cluster',
        tls: false,
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
  ])('reads %j', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    '',
    'redis',
    'http://h',
    'redis://',
    'redis://h:0',
    'redis://h:65536',
    'redis://h:x',
    'redis://h/x',
    'REDIS://h',
    'redis://h,',
    ',redis://h',
    'redis://h,h2',
    'redis://%ff@h',
    'redis+sentinel://a:1',
    'redis+sentinel://a:1/',
    'redis+sentinel:///m',
    'redis://h?x=1',
    'redis://h#x',
    'redis://a b',
    'redis://secret@@h',
    'redis+cluster://',
    'redis+cluster://a,',
    'redis+cluster://a/1',
  ])('refuses %j without showing it', (url) => {
    const parse = (): unknown => parseRedisUrl(url);
    expect(parse).toThrow(ConfigError);
    if (url.includes('secret')) expect(parse).not.toThrow(/secret/);
  });

  it('reads any text or refuses it as configuration', () => {
    const pieceOfUrl = fc.constantFrom(
      'redis://',
      'rediss://',
      'redis+sentinel://',
      'a',
      ':1',
      '@',
      ',',
      '/',
      '%',
      'm',
      '[',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieceOfUrl, fc.string()), { maxLength: 8 }), (pieces) => {
        try {
          parseRedisUrl(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});
