import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UpstreamError } from '@mandate/ports';
import { type PolicyDecision, createOpaPolicy } from '@mandate/policy';
import { createHttpClient } from '@mandate/service-kit';
import { policyContext, policyQuestion, until } from '@mandate/testing';
import type { OpaStandIn } from './opa-stand-in.js';
import { type OpaWorld, PATIENT_MS, failureOf, question, startOpaWorld } from './opa-world.js';

const grants = [{ audience: 'printer', scopes: ['read'] }];

let world: OpaWorld;
beforeAll(async () => {
  world = await startOpaWorld();
});
afterAll(() => world.close());

describe('what OPA must not answer', () => {
  const oddResults: [string, unknown][] = [
    ...[null, 0, 1, '', 'true', {}, [[]], [true], ['printer']].map((result): [string, unknown] => [
      JSON.stringify(result),
      result,
    ]),
    ['an allow of another type', { allow: 'true', grants }],
    ['an allow beside a deny', { allow: false, grants }],
    ['an allow without grants in its list', { allow: true, grants: [] }],
    ['a member nobody knows', { allow: true, grants, obligations: [] }],
    ['a grant without audience', [{ scopes: ['read'] }]],
    ['a grant with an empty audience', [{ audience: '' }]],
    ['a grant with a member nobody knows', [{ ...grants[0], clientAsActor: true }]],
    ['scopes as a string', [{ audience: 'printer', scopes: 'read' }]],
    ['a scope with a space', [{ audience: 'printer', scopes: ['read write'] }]],
    ['a lifetime of nothing', [{ audience: 'printer', expirationSeconds: 0 }]],
    ['a lifetime with a fraction', [{ audience: 'printer', expirationSeconds: 1.5 }]],
    ['a lifetime as a string', [{ audience: 'printer', expirationSeconds: '60' }]],
    ['an actor that is no identity', [{ audience: 'printer', allowedActors: [{ sub: 1 }] }]],
    ['a registered claim', [{ audience: 'printer', additionalClaims: { sub: 'root' } }]],
    ['claims as a list', [{ audience: 'printer', additionalClaims: [] }]],
  ];
  it.each(oddResults)('X12 a result of another shape fails: %s', async (_name, result) => {
    expect(await failureOf(world.result(result))).toBe('malformed');
  });

  it.each([
    ['nothing', ''],
    ['null', 'null'],
    ['half of it', '{"result":tr'],
    ['two documents', '{"result":true}{"result":true}'],
    ['a byte order mark', '\uFEFF{"result":true}'],
    ['NaN', '{"result":NaN}'],
    ['PB-20 a member twice', '{"result":false,"result":true}'],
    ['a member twice further in', '{"result":{"allow":false,"allow":true}}'],
    ['a warning', '{"result":true,"warning":{"code":"api_usage_warning"}}'],
    ['errors', '{"result":true,"errors":[]}'],
    ['a bare result', 'true'],
    ['too deep', `{"result":${'['.repeat(200)}${']'.repeat(200)}}`],
  ])('PB-18 a body that is not one answer fails: %s', async (_name, body) => {
    world.opa.answer(body);
    expect(await failureOf(world.decide())).toBe('malformed');
  });

  it('PB-18 JSON that calls itself something else fails', async () => {
    for (const contentType of ['text/html', 'text/plain', 'application/jsonp', '']) {
      world.opa.answer('{"result":true}', { contentType });
      expect(await failureOf(world.decide())).toBe('malformed');
    }
  });

  it.each([201, 204, 301, 302, 307, 400, 401, 403, 404, 405, 500, 502, 503])(
    'PB-13 PB-15 PB-17 status %i fails, whatever its body says',
    async (status) => {
      world.opa.answerBy((_request, response) => {
        const headers = { 'Content-Type': 'application/json', Location: `${world.opa.origin}/v1/data/other` };
        response.writeHead(status, headers).end(status === 204 ? undefined : '{"result":true}');
      });
      const requestsBefore = world.opa.requests.length;
      expect(await failureOf(world.decide())).toBe('status');
      expect(world.opa.requests).toHaveLength(requestsBefore + 1);
    },
  );

  it('PB-22 an answer above 256 KiB fails before it is parsed, announced or endless', async () => {
    world.opa.answer(JSON.stringify({ result: [], metrics: 'x'.repeat(262_144) }));
    expect(await failureOf(world.decide())).toBe('too_large');
    world.opa.answerBy((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write('[[[['.repeat(4096)));
      };
      response.on('drain', more);
      more();
    });
    expect(await failureOf(world.decide())).toBe('too_large');
    world.opa.answer(JSON.stringify({ result: [], metrics: 'x'.repeat(262_000) }));
    expect((await world.decide()).outcome).toBe('not_applicable');
  });

  it('PB-24 the whole answer has one deadline: hanging before or in it, or a byte at a time', async () => {
    const faults: Parameters<OpaStandIn['answerBy']>[0][] = [
      () => undefined,
      (_request, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{'),
      (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 20);
        response.once('close', () => clearInterval(timer));
      },
    ];
    for (const fault of faults) {
      world.opa.answerBy(fault);
      const startedAt = performance.now();
      expect(await failureOf(world.decideHastily())).toBe('timeout');
      expect(performance.now() - startedAt).toBeLessThan(PATIENT_MS);
    }
  });

  it('PB-25 500 questions at once are all answered when OPA is slow but in time', async () => {
    world.opa.answerBy((_request, response) => {
      setTimeout(() => response.setHeader('Content-Type', 'application/json').end('{"result":true}'), 100);
    });
    const http = createHttpClient({ maxSockets: 500, timeoutMs: 60_000 });
    const slow = createOpaPolicy({ http, url: `${world.opa.origin}/v1/data/x`, timeoutMs: 60_000 });
    const decisions = await Promise.all(
      Array.from({ length: 500 }, () => slow.decide(policyQuestion(question), policyContext())),
    );
    expect(decisions.filter(({ outcome }) => outcome !== 'permit')).toEqual([]);
    http.close();
  });

  it('PB-23 a connection that is refused or cut fails', async () => {
    world.opa.answerBy((request) => request.socket.destroy());
    expect(await failureOf(world.decide())).toBe('unreachable');
    const nowhere = createOpaPolicy({ http: world.http, url: 'http://127.0.0.1:9/v1/data/x', timeoutMs: PATIENT_MS });
    expect(await failureOf(nowhere.decide(policyQuestion(), policyContext()))).toBe('unreachable');
  });

  it('stops waiting when its caller has gone', async () => {
    world.opa.answerBy(() => undefined);
    const requestsBefore = world.opa.requests.length;
    const caller = new AbortController();
    const decision = failureOf(
      world.backend().decide(policyQuestion(), policyContext({ signal: () => caller.signal })),
    );
    await until(() => world.opa.requests.length > requestsBefore);
    caller.abort();
    expect(await decision).toBe('timeout');
  });

  it('PB-19 whatever JSON it answers is a decision or a failure, and a permit only with a grant', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), tie('grants'), fc.record({ allow: fc.boolean() })),
      grants: fc.array(fc.record({ audience: fc.string(), scopes: fc.jsonValue() }, { requiredKeys: [] })),
    })).any;
    await fc.assert(
      fc.asyncProperty(value, async (value) => {
        const decision = await world.result(value).catch((error: unknown) => error);
        if (decision instanceof UpstreamError) return decision.failure === 'malformed';
        const { outcome, ...members } = decision as PolicyDecision;
        return outcome !== 'permit' || ('grants' in members && members.grants.length > 0);
      }),
      { numRuns: 100 },
    );
  });
});
