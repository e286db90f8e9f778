import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Authentication,
  GRANT,
  LONG_SECRET,
  type PostOptions,
  startAuthentication,
} from './start-authentication.js';

let service: Authentication;
beforeAll(async () => {
  service = await startAuthentication();
});
afterAll(() => service.stop());

const CHALLENGE = 'Basic realm="mandate"';

async function ask(form: Record<string, string>, options: PostOptions = {}) {
  const { status, headers, body } = await service.post({ ...GRANT, ...form }, options);
  return { status, error: body['error'], challenge: headers.get('www-authenticate') };
}

const withHeader = (authorization: string) => ask({}, { headers: { Authorization: authorization } });
const ACCEPTED = { status: 200, error: undefined, challenge: null };
const UNAUTHENTICATED = { status: 401, error: 'invalid_client', challenge: CHALLENGE };
const MALFORMED = { status: 400, error: 'invalid_request', challenge: null };

describe('client_secret_basic', () => {
  it('authenticates a client', async () => {
    expect(await ask({}, { basic: 'c-basic:secret' })).toEqual(ACCEPTED);
  });

  it('RFC 6749 5.2 answers 401 with the challenge for a wrong secret, an unknown client and no credentials alike', async () => {
    const answers = [{ basic: 'c-basic:wrong' }, { basic: 'nobody:secret' }, {}].map((options) => ask({}, options));
    for (const answer of await Promise.all(answers)) expect(answer).toEqual(UNAUTHENTICATED);
  });

  it('CA-05 refuses a client registered for the other way, in both directions', async () => {
    expect(await ask({}, { basic: 'c-post:secret' })).toEqual(UNAUTHENTICATED);
    expect(await ask({ client_id: 'c-basic', client_secret: 'secret' })).toMatchObject({ status: 401 });
  });

  it('CA-07 refuses another client_id in the form, and accepts the same', async () => {
    expect(await ask({ client_id: 'c-other' }, { basic: 'c-basic:secret' })).toEqual(MALFORMED);
    expect(await ask({ client_id: 'c-basic' }, { basic: 'c-basic:secret' })).toEqual(ACCEPTED);
  });

  it('CA-09 C5 form-decodes both halves', async () => {
    expect(await ask({}, { basic: '+%25%26%2B:+%25%26%2B' })).toEqual(ACCEPTED);
    const colon = 'an%3Aidentifier:some+secure+%26+non-standard+secret';
    expect(await ask({}, { basic: colon })).toEqual(ACCEPTED);
    expect(await ask({}, { basic: `${encodeURIComponent('ü@日本')}:${encodeURIComponent('pässwörd')}` })).toEqual(
      ACCEPTED,
    );
  });

  it.each([
    ['CA-10 halves that are not form-encoded', `Basic ${btoa('foo with %:foo with $')}`],
    ['CA-11 a character outside base64', `Basic ${btoa('c-basic:secret')}!`],
    ['CA-12 no credentials', 'Basic'],
    ['CA-13 a bearer token', 'Bearer foo'],
    ['CA-14 no colon', 'Basic Zm9v'],
    ['a URL-safe alphabet', `Basic ${btoa('c-basic:secret\xff\xfe').replace('/', '_')}`],
    ['an empty header', ''],
    ['an unknown scheme', `Digest ${btoa('c-basic:secret')}`],
    ['an empty secret', `Basic ${btoa('c-basic:')}`],
  ])('refuses %s with 401', async (_name, authorization) => {
    expect(await withHeader(authorization)).toEqual(UNAUTHENTICATED);
  });

  it('C5 CLIENT_SECRET_BASIC=ims accepts both halves as they are, as curl -u sends them', async () => {
    const basic = ' %&+: %&+';
    expect(await ask({}, { basic })).toEqual(UNAUTHENTICATED);
    const ims = await startAuthentication({ CLIENT_SECRET_BASIC: 'ims' });
    expect((await ims.post(GRANT, { basic })).status).toBe(200);
    expect((await ims.post(GRANT, { basic: ' %&+: %&-' })).status).toBe(401);
    await ims.stop();
  });
});

describe('client_secret_post', () => {
  it('CA-20 authenticates a client', async () => {
    expect(await ask({ client_id: 'c-post', client_secret: 'secret' })).toEqual(ACCEPTED);
  });

  it('CA-21 answers a wrong secret with 401 and no challenge', async () => {
    const withoutChallenge = { ...UNAUTHENTICATED, challenge: null };
    expect(await ask({ client_id: 'c-post', client_secret: 'invalid' })).toEqual(withoutChallenge);
    expect(await ask({ client_id: 'nobody', client_secret: 'invalid' })).toEqual(withoutChallenge);
    expect(await ask({ client_secret: 'secret' })).toEqual(withoutChallenge);
  });

  it('refuses a client id alone', async () => {
    expect(await ask({ client_id: 'c-post' })).toMatchObject({ status: 401, error: 'invalid_client' });
  });
});

describe('one method per request', () => {
  it('CA-16 C6 header and body together are invalid_request', async () => {
    expect(await ask({ client_id: 'c-basic', client_secret: 'secret' }, { basic: 'c-basic:secret' })).toEqual(
      MALFORMED,
    );
  });

  it('CA-17 header and a secret without client_id are invalid_request', async () => {
    expect(await ask({ client_secret: 'secret' }, { basic: 'c-basic:secret' })).toEqual(MALFORMED);
  });

  it('CA-34 an assertion of an unknown type is invalid_request', async () => {
    const assertion = { client_assertion_type: 'urn:ietf:mycustom', client_assertion: 'x' };
    expect(await ask(assertion)).toEqual(MALFORMED);
    expect(await ask(assertion, { basic: 'c-basic:secret' })).toEqual(MALFORMED);
  });
});

describe('secrets', () => {
  it('that expired no longer count; of several live ones each does', async () => {
    expect(await ask({}, { basic: 'secret-expired:secret' })).toEqual(UNAUTHENTICATED);
    expect(await ask({}, { basic: 'two-secrets:old' })).toEqual(ACCEPTED);
    expect(await ask({}, { basic: 'two-secrets:new' })).toEqual(ACCEPTED);
  });

  it('CA-65 C8 count to the last character', async () => {
    expect(await ask({}, { basic: `c-long:${LONG_SECRET}` })).toEqual(ACCEPTED);
    expect(await ask({}, { basic: `c-long:${LONG_SECRET.slice(0, 72)}` })).toEqual(UNAUTHENTICATED);
    expect(await ask({}, { basic: `c-long:${LONG_SECRET}s` })).toEqual(UNAUTHENTICATED);
  });

  it('of a public client do not exist', async () => {
    expect(await ask({}, { basic: 'c-none:secret' })).toEqual(UNAUTHENTICATED);
    expect(await ask({ client_id: 'c-none' })).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  it('reach no log line', async () => {
    await ask({ client_id: 'c-post', client_secret: 'canary-secret-1' });
    await ask({}, { basic: 'c-basic:canary-secret-2' });
    expect(service.logLines.length).toBeGreaterThan(2);
    expect(service.logLines.join('')).not.toMatch(/canary|Y2FuYXJ5/);
  });
});
