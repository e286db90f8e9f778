import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAuthorization, parseBasicCredentials } from '../../src/authentication/basic-credentials.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const formEncode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

describe('parseAuthorization', () => {
  it('tells the scheme, in any case, from what follows', () => {
    expect(parseAuthorization('BASIC  abc')).toEqual({ scheme: 'basic', credentials: 'abc' });
    expect(parseAuthorization('Bearer')).toEqual({ scheme: 'bearer', credentials: '' });
    expect(parseAuthorization('Bearer a b')).toEqual({ scheme: 'bearer', credentials: 'a b' });
    expect(parseAuthorization(' ')).toBeUndefined();
  });

  it('takes a header of spaces in linear time', () => {
    const start = performance.now();
    parseAuthorization(`Basic${' '.repeat(500_000)}x${' '.repeat(300)}y`);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('parseBasicCredentials', () => {
  it('gives back any id and secret that were form-encoded, colons and all (RFC 6749 section 2.3.1)', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (clientId, secret) => {
        const header = base64(`${formEncode(clientId)}:${formEncode(secret)}`);
        expect(parseBasicCredentials(header)).toEqual({ clientId, secret });
      }),
    );
  });

  it('splits at the first colon', () => {
    expect(parseBasicCredentials(base64('a:b:c'))).toEqual({ clientId: 'a', secret: 'b:c' });
  });

  it.each([
    ['nothing', ''],
    ['no colon', base64('foo')],
    ['no id', base64(':secret')],
    ['no secret', base64('id:')],
    ['a character outside base64', `${base64('id:secret')}!`],
    ['base64url', Buffer.from('id:\u00ff\u00fe?').toString('base64url')],
    ['missing padding', base64('id:secre').replaceAll('=', '')],
    ['a space inside', 'aWQ6 c2VjcmV0'],
    ['a non-canonical tail', 'aWQ6c2VjcmX='.replace('X=', '1=')],
    ['invalid UTF-8', Buffer.from([0x69, 0x3a, 0xff]).toString('base64')],
    ['a broken escape', base64('foo with %:foo with $')],
    ['an escape that is not UTF-8', base64('id:%ff')],
  ])('C5 refuses %s', (_, header) => {
    expect(parseBasicCredentials(header)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => void parseBasicCredentials(text)));
  });
});
