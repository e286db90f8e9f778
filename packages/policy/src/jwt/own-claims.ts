import { contradiction, intersectScopes, scopesOfClaims } from '@mandate/oauth';
import type { JsonObject } from '@mandate/ports';
import { malformed } from './remote-introspection.js';

/** What a subject token gives itself, which is all that an exchange in place can give on. */
export interface OwnClaims {
  /** `undefined` when there is no aud claim. */
  audience: readonly string[] | undefined;
  /** `undefined` when there is no scope claim. */
  scopes: readonly string[] | undefined;
  /** Epoch seconds, where it says when it ends. */
  expiresAt: number | undefined;
  /** The claims that go on as they stand. */
  carriedClaims: JsonObject;
}

/** Claims that tie a token to another one, to a key, or to the client it was for; the derived token is none of it. */
const BINDING_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'azp', 'cnf', 'may_act'];

/** Claims that the derived token has of its own, and what would be wrong of it. */
const NEW_CLAIMS = [
  'iss',
  'sub',
  'sub_id',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'client_id',
  'client_iss',
  'scope',
  'scp',
  'act',
  'anc',
  'authGrantId',
  'expires_in',
  'events',
  'active',
  '__proto__',
  'constructor',
  'prototype',
];
const LEFT_OUT: ReadonlySet<string> = new Set([...BINDING_CLAIMS, ...NEW_CLAIMS]);

/** @throws UpstreamError for a claim of another shape than its registration says. */
export function readOwnClaims(claims: JsonObject): OwnClaims {
  const scopes = scopesOfClaims(claims);
  const audience = claims['aud'] === undefined ? undefined : [claims['aud']].flat();
  const expiresAt = claims['exp'];
  if (scopes === null) throw malformed('scope is neither a string nor an array of scopes');
  if (audience?.every((value) => typeof value === 'string') === false) throw malformed('aud is not of strings');
  if (expiresAt !== undefined && typeof expiresAt !== 'number') throw malformed('exp is not a number');
  const entries = Object.entries(claims).filter(([name]) => !LEFT_OUT.has(name));
  return { audience, scopes, expiresAt, carriedClaims: Object.fromEntries(entries) };
}

/**
 * A verified token as far as an introspection of it leaves it standing: the answer can take scopes, audiences and time
 * away and adds nothing, since what a token says is what its issuer signed.
 * @throws UpstreamError when the answer is about another token.
 */
export function restrictOwnClaims(claims: JsonObject, answer: JsonObject): OwnClaims {
  const name = contradiction(claims, answer);
  if (name !== undefined) throw malformed(`the answer has another ${name}`);
  const own = readOwnClaims(claims);
  const others = readOwnClaims(answer);
  return {
    audience: intersect(own.audience, others.audience),
    scopes: intersect(own.scopes, others.scopes),
    expiresAt: earliest(own.expiresAt, others.expiresAt),
    carriedClaims: own.carriedClaims,
  };
}

/** What the token never had stays so; what the answer does not speak of stays as it is. */
function intersect(own: OwnClaims['scopes'], others: OwnClaims['scopes']): readonly string[] | undefined {
  return own === undefined || others === undefined ? own : intersectScopes(own, others);
}

function earliest(...times: (number | undefined)[]): number | undefined {
  const finite = times.filter((time) => time !== undefined);
  return finite.length === 0 ? undefined : Math.min(...finite);
}
