import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { createDemoService } from './demo-service.js';

let service: LoopbackService;
beforeAll(async () => {
  service = await startOnLoopback(() => [createDemoService()]);
});
afterAll(() => service.stop());

describe('an endpoint for browsers', () => {
  const browse = async (path: string, cookie = '') => fetch(service.publicUrl + path, { headers: { Cookie: cookie } });

  it('reads its query string and a cookie, and answers a page with cookies of its own', async () => {
    const response = await browse('/browser?state=a%20b&other=c', 'x=1; __Host-session=alice; y=2');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.text()).toBe('<p>alice a b</p>');
  });

  it('takes a cookie for absent that is there twice, or under a name that only begins the same', async () => {
    for (const cookie of [
      '',
      '__Host-session=alice; __Host-session=mallory',
      '__Host-session2=x',
      'x__Host-session=x',
    ]) {
      expect(await (await browse('/browser', cookie)).text()).toBe('<p>nobody nothing</p>');
    }
  });

  it('answers 400 for a query string that is malformed', async () => {
    expect((await browse('/browser?state=%zz')).status).toBe(400);
  });
});
