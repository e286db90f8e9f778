import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cpuMilliseconds } from '@mandate/testing';
import { type Authorization, basicAuthorization, parseAuthorization } from '../src/index.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const parseBasic = (text: string): Authorization | undefined => parseAuthorization(`Basic ${text}`);
const formEncode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

describe('parseAuthorization', () => {
  it('tells the scheme, in any case, from what follows', () => {
    const credentials = { clientId: 'id', secret: 'secret' };
    expect(parseAuthorization(`BASIC  ${base64('id:secret')} `)).toEqual({ scheme: 'basic', credentials });
    expect(parseAuthorization('Bearer')).toEqual({ scheme: 'bearer', token: '' });
    expect(parseAuthorization('bEARER  a b')).toEqual({ scheme: 'bearer', token: 'a b' });
  });

  it('tells another scheme, and an empty header, from none', () => {
    for (const header of ['', ' ', 'DPoP a', 'Bearer\ta', 'Bearerx a']) {
      expect(parseAuthorization(header)).toEqual({ scheme: 'other' });
    }
    expect(parseAuthorization(undefined)).toBeUndefined();
  });

  it('takes a header of spaces in linear time', () => {
    const header = `Basic${' '.repeat(500_000)}x${' '.repeat(300)}y`;
    expect(cpuMilliseconds(() => void parseAuthorization(header))).toBeLessThan(2000);
  });
});

describe('parseAuthorization of HTTP Basic', () => {
  it('gives back any id and secret that were form-encoded, colons and all (RFC 6749 section 2.3.1)', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (clientId, secret) => {
        const header = base64(`${formEncode(clientId)}:${formEncode(secret)}`);
        expect(parseBasic(header)).toMatchObject({ scheme: 'basic', credentials: { clientId, secret } });
      }),
    );
  });

  it('is written as it is read, and as RFC 6749 appendix B encodes', () => {
    expect(basicAuthorization({ clientId: ' %&+', secret: '£€' })).toBe(
      `Basic ${base64('+%25%26%2B:%C2%A3%E2%82%AC')}`,
    );
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (clientId, secret) => {
        const credentials = { clientId, secret };
        expect(parseAuthorization(basicAuthorization(credentials))).toMatchObject({ scheme: 'basic', credentials });
      }),
    );
  });

  it('splits at the first colon', () => {
    expect(parseBasic(base64('a:b:c'))).toMatchObject({ credentials: { clientId: 'a', secret: 'b:c' } });
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
  ])('C5 refuses %s', (_, header) => {
    expect(parseBasic(header)).toEqual({ scheme: 'basic', credentials: undefined });
  });

  it.each([
    ['id', 'a+b', { clientId: 'id', secret: 'a b' }],
    ['a%41', 'b', { clientId: 'aA', secret: 'b' }],
    ['foo with %', 'foo with $', undefined],
    ['id', '%ff', undefined],
  ])('C5 tells what %s and %s say as they are, where form-decoding makes something else of them', (...sent) => {
    const [clientId, secret, credentials] = sent;
    const header = base64(`${clientId}:${secret}`);
    expect(parseBasic(header)).toEqual({ scheme: 'basic', credentials, unencoded: { clientId, secret } });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => void parseBasic(text)));
  });
});
