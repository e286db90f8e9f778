import { expect } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ClauseAnswer, ClauseWorld } from './clause-world.js';

/** One clause of an RFC: a request, and the exact answer it demands. */
export interface Clause {
  clause: string;
  request: (world: ClauseWorld) => Promise<ClauseAnswer>;
  /** Default 200. */
  status?: number;
  /** Besides {@link EVERY_ANSWER}; `null` for absent. */
  headers?: Record<string, string | null>;
  body: (world: ClauseWorld) => unknown;
  /** What the issued token says: its whole header, and its whole payload unless told otherwise. */
  token?: (world: ClauseWorld) => { header?: object; claims?: unknown };
}

/** What every answer of an endpoint carries (RFC 6749 section 5.1). */
const EVERY_ANSWER = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
  'www-authenticate': null,
  allow: null,
};

/** Sends the request of a clause and holds the answer against it. */
export async function expectClause(world: ClauseWorld, { request, status = 200, ...expected }: Clause): Promise<void> {
  const answer = await request(world);
  const headers = { ...EVERY_ANSWER, ...expected.headers };
  const actualHeaders = Object.fromEntries(Object.keys(headers).map((name) => [name, answer.headers.get(name)]));
  expect({ status: answer.status, headers: actualHeaders, body: answer.body }).toEqual({
    status,
    headers,
    body: expected.body(world),
  });
  if (expected.token === undefined) return;
  const { header, claims } = expected.token(world);
  const token = String(answer.body['access_token']);
  if (header !== undefined) expect(decodeProtectedHeader(token)).toEqual(header);
  if (claims !== undefined) expect(decodeJwt(token)).toEqual(claims);
}

/** The body of an error, with this description. */
export function refusal(error: string, description: string): () => object {
  return () => ({ error, error_description: description });
}

export const aString = expect.any(String) as unknown;
export const aNumber = expect.any(Number) as unknown;

/** At least these members. */
export function containing(members: Record<string, unknown>): unknown {
  return expect.objectContaining(members);
}
