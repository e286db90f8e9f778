import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { createDemoService } from './demo-service.js';

let service: LoopbackService;
beforeAll(async () => {
  service = await startOnLoopback(() => [createDemoService()]);
});
afterAll(() => service.stop());

async function post(body: string | Uint8Array<ArrayBuffer>, type = 'application/json') {
  const response = await fetch(`${service.publicUrl}/json`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': type },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('an endpoint that accepts JSON', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'reads the object of a body of type %s',
    async (type) => {
      expect(await post('{"a":{"b":[1,true,null]}}', type)).toEqual({
        status: 200,
        body: { json: { a: { b: [1, true, null] } }, parameters: 0 },
      });
    },
  );

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=latin1', 'application/jsonx'])(
    'answers 415 to a body of type %s',
    async (type) => {
      expect(await post('{"a":1}', type)).toMatchObject({ status: 415, body: { error: 'invalid_request' } });
    },
  );

  it.each([
    ['nothing', ''],
    ['a list', '[1]'],
    ['text', '"a"'],
    ['a member twice', '{"a":1,"a":2}'],
    ['broken JSON', '{"a":1'],
    ['what is deeper than 100', '{"a":'.repeat(101) + '1' + '}'.repeat(101)],
    ['what is no UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('answers 400 to %s', async (_name, body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('answers 413 beyond 64 KiB', async () => {
    expect((await post(JSON.stringify({ a: 'x'.repeat(65_536) }))).status).toBe(413);
  });
});
