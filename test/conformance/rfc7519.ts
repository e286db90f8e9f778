import { realClock } from '../end-to-end/start-service.js';
import type { Clause } from './clause.js';
import { USERS } from './clause-world.js';
import { active } from './rfc7662.js';

const inactive = () => ({ active: false });
/** The introspection of a user's token with these claims. */
const clauseOf = (clause: string, claims: object, header?: Record<string, unknown>): Clause => ({
  clause,
  request: ({ introspect, user }) => introspect(user(claims, header)),
  headers: { vary: 'Accept' },
  body: inactive,
});
const now = realClock();

/** JSON Web Token, and of RFC 7515 what a token may look like. */
export const rfc7519: Clause[] = [
  {
    ...clauseOf(
      'RFC 7519 2 a NumericDate may have a fraction, and is told without',
      { exp: now + 300.5 },
      { typ: 'JWT' },
    ),
    body: () => ({ ...active(), exp: now + 300 }),
  },
  clauseOf('RFC 7519 4.1.1 iss: exactly a trusted issuer, with no slash more', { iss: `${USERS}/` }),
  clauseOf('RFC 7519 4.1.2 sub is a string', { sub: 7 }),
  clauseOf('RFC 7519 4.1.3 aud is a string or strings', { aud: ['gateway', 7] }),
  clauseOf('RFC 7519 4.1.4 exp: not on or after it, the skew of 30 seconds allowed', { exp: now - 31 }),
  clauseOf('RFC 7519 4.1.4 exp is a number', { exp: String(now + 300) }),
  clauseOf('RFC 7519 4.1.4 exp is required here', { exp: undefined }),
  clauseOf('RFC 7519 4.1.5 nbf: not before it', { nbf: now + 120 }),
  clauseOf('RFC 7519 4.1.6 iat is a number', { iat: 'now' }),
  clauseOf('RFC 7519 4.1.7 jti is a string', { jti: 7 }),
  clauseOf('RFC 7519 5.1 typ: a token of another kind is refused', {}, { typ: 'logout+jwt' }),
  {
    ...clauseOf('RFC 7519 6 an unsecured JWT is refused', {}),
    request: ({ introspect, user }) => introspect(user({}, { alg: 'none' }).replace(/[^.]*$/, '')),
  },
  clauseOf('RFC 7515 4.1.11 crit: an extension that is not understood', {}, { crit: ['x'], x: 1 }),
  {
    ...clauseOf('RFC 7519 7.2 a token of two segments is no JWT', {}),
    request: ({ introspect, user }) => introspect(user().split('.').slice(0, 2).join('.')),
  },
  {
    ...clauseOf('RFC 7515 2 base64url has no padding', {}),
    request: ({ introspect, user }) => introspect(`${user()}==`),
  },
];
