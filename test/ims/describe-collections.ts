import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, ANSWERS, EXPECTED } from './answers.js';
import { allowIdTokens } from './openam-setup.js';
import { type Collection, COLLECTIONS, isForAm, type PublishedRequest } from './published-requests.js';
import type { PublishedWorld } from './published-world.js';
import { createReplay, type ReplayedAnswer } from './replay.js';

function serviceUrls({ trios }: PublishedWorld): Record<string, string> {
  const addresses = Object.entries({ '': trios.yaml?.urls, ENVCONSUL_: trios.consul?.urls }).flatMap(
    ([infix, urls]) => [
      [`MS_AUTHN_${infix}URL`, urls?.authentication],
      [`MS_VALIDATION_${infix}URL`, urls?.['token-validation']],
      [`MS_EXCHANGE_${infix}URL`, urls?.['token-exchange']],
    ],
  );
  return Object.fromEntries(addresses) as Record<string, string>;
}

/** A request for an AM, or with what an AM gave before. The policies of AM are asked first in an exchange. */
function needsAm(request: PublishedRequest): boolean {
  return isForAm(request) || /EXCHANGE.*tokensts/.test(request.url) || /AM_|[sS]so/.test(JSON.stringify(request.body));
}

/** What is listed of an answer, with the values of this run where any will do. */
function comparable(expected: Record<string, unknown>, actual: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, stands(value, actual[name]) ? actual[name] : value]),
  );
}

function stands(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return false;
  if ('any' in expected) return typeof actual === expected.any;
  if (!('secondsLeft' in expected) || typeof expected.secondsLeft !== 'number') return false;
  return typeof actual === 'number' && actual <= expected.secondsLeft && actual > expected.secondsLeft - 60;
}

/** The claims of an answer's access token. */
export function claimsOf(answer: Pick<ReplayedAnswer, 'body'>): Record<string, unknown> {
  return partOf(answer, 1);
}

function partOf({ body }: Pick<ReplayedAnswer, 'body'>, index: 0 | 1): Record<string, unknown> {
  const part = String(body['access_token']).split('.')[index] ?? '';
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
}

function check(answer: ReplayedAnswer, expected: Answer): void {
  expect({ status: answer.status, ...answer.body }).toMatchObject({
    status: expected.status,
    ...comparable(expected.body ?? {}, answer.body),
  });
  if (expected.claims !== undefined) {
    expect(partOf(answer, 0)).toMatchObject({ typ: 'JWT', alg: 'HS256', kid: 'my_hmac_key' });
    expect(claimsOf(answer)).toMatchObject(comparable(expected.claims, claimsOf(answer)));
  }
  expect((expected.without ?? []).filter((name) => name in answer.body)).toEqual([]);
}

/** Every request of both published collections, and the answer that the originals gave. */
export function describeCollections(world: PublishedWorld): void {
  describe.each(Object.keys(COLLECTIONS) as Collection[])('the published collection %s', (name) => {
    const requests = COLLECTIONS[name].map((request, index) => {
      const title = `${index + 1} ${request.folder || 'info'}: ${request.name}`;
      return { request, kind: EXPECTED[name][index] ?? 'ping', title };
    });
    const replay: { send?: ReturnType<typeof createReplay> } = {};
    beforeAll(() => {
      replay.send = createReplay({ ...world, services: serviceUrls(world) });
    });

    it('has an answer of the originals beside every request', () => {
      expect(EXPECTED[name]).toHaveLength(requests.length);
    });

    it.each(requests.filter(({ request }) => world.hasAm || !needsAm(request)))('$title', async ({ request, kind }) => {
      const opensFolder = isForAm(request) && request.name.startsWith('user ssotoken');
      if (opensFolder) await allowIdTokens(world.am, world.adminPassword, /ID TOKEN|in-place/.test(request.folder));
      const answer = await replay.send?.(request);
      if (answer === undefined) throw new Error('not started');
      check(answer, ANSWERS[kind]);
    });
  });
}
