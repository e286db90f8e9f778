import { describe, expect, it } from '@jest/globals';
import { parseRequestedTokenType, parseTokenType, TOKEN_TYPE } from '../src/index.js';

const urn = (type: string): string => `urn:ietf:params:oauth:token-type:${type}`;

describe('parseTokenType (RFC 8693 section 3)', () => {
  it.each([
    [urn('access_token'), TOKEN_TYPE.accessToken],
    [urn('id_token'), TOKEN_TYPE.idToken],
    [urn('jwt'), TOKEN_TYPE.jwt],
    ['urn:mandate:token-type:am-session', TOKEN_TYPE.amSession],
    [urn('ssotoken'), TOKEN_TYPE.amSession],
    [urn('sso_token'), TOKEN_TYPE.amSession],
    ['urn:ietf:params:oauth:token-type:ssoktoken', TOKEN_TYPE.amSession],
    ['ssotoken', TOKEN_TYPE.amSession],
  ])('reads %s', (identifier, type) => {
    expect(parseTokenType(identifier)).toBe(type);
  });

  it.each([
    '',
    'jwt',
    'access_token',
    urn('refresh_token'),
    urn('saml2'),
    urn('saml1'),
    urn(''),
    urn('WRONG'),
    urn('ACCESS_TOKEN'),
    `${urn('jwt')} `,
    `${urn('ssotoken')}s`,
    '__proto__',
    'constructor',
  ])('TX-07 does not know %j', (identifier) => {
    expect(parseTokenType(identifier)).toBeUndefined();
  });
});

describe('parseRequestedTokenType (RFC 8693 section 2.1)', () => {
  it('reads an access token and a JWT, also as IMS writes it', () => {
    expect(parseRequestedTokenType(urn('access_token'))).toBe(TOKEN_TYPE.accessToken);
    expect(parseRequestedTokenType(urn('jwt'))).toBe(TOKEN_TYPE.jwt);
    expect(parseRequestedTokenType('jwt')).toBe(TOKEN_TYPE.jwt);
  });

  it.each([urn('id_token'), urn('refresh_token'), urn('ssotoken'), TOKEN_TYPE.amSession, 'JWT', ''])(
    'does not issue %j',
    (identifier) => {
      expect(parseRequestedTokenType(identifier)).toBeUndefined();
    },
  );
});
