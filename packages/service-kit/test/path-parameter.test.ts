import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { createDemoService } from './demo-service.js';

let service: LoopbackService;
beforeAll(async () => {
  service = await startOnLoopback(() => [createDemoService()]);
});
afterAll(() => service.stop());

describe('paths', () => {
  it.each([
    ['/things/a', { id: 'a' }],
    ['/things/a%2Fb%20%C3%A9', { id: 'a/b é' }],
    ['/things/..a', { id: '..a' }],
    ['/things/%7Bid%7D', { id: '{id}' }],
    ['/things/exact', { exact: true }],
  ])('may end with a parameter: %s', async (path, body) => {
    const response = await fetch(service.publicUrl + path);
    expect([response.status, await response.json()]).toEqual([200, body]);
  });

  it.each(['/things', '/things/', '/things/%ff', '/things/a/b', '/things//a', '/THINGS/a'])(
    'H8 answer 404 to %s, where one segment is the parameter',
    async (path) => {
      expect((await fetch(service.publicUrl + path)).status).toBe(404);
    },
  );

  it('are removed by DELETE where that is offered, with an answer that has no body', async () => {
    const response = await fetch(`${service.publicUrl}/things/a`, { method: 'DELETE' });
    expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([204, '', null]);
    expect((await fetch(`${service.publicUrl}/things/a`, { method: 'POST' })).headers.get('allow')).toBe(
      'GET, HEAD, DELETE',
    );
    expect((await fetch(`${service.publicUrl}/things/exact`, { method: 'DELETE' })).status).toBe(405);
  });
});
