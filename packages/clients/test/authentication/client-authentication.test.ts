import { describe, expect, it } from '@jest/globals';
import { OAuthError, parseAuthorization, parseForm } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import { createTestKey } from '@mandate/testing';
import {
  type AuthenticationMethod,
  type Client,
  type ClientAuthentication,
  type ClientStore,
  createClientAuthentication,
  createJsonClientStore,
  createMemoryReplayStore,
  createPrivateKeyJwt,
  createSecretMethods,
  createSecretVerifier,
  parseClients,
  unlimited,
} from '../../src/index.js';

const assertedClient: Client = { clientId: 'c-pk', secrets: [], scopes: [], attributes: {} };
const NOW = 1_700_000_000;
const LONG_SECRET = 'ab'.repeat(64);
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="mandate"' };

const clients = parseClients(
  JSON.stringify([
    { clientId: 'c-any', clientSecret: 'secret' },
    { clientId: 'c-basic', clientSecret: 'secret', tokenEndpointAuthMethod: 'client_secret_basic' },
    { clientId: 'c-post', clientSecret: 'secret', tokenEndpointAuthMethod: 'client_secret_post' },
    { clientId: 'an:identifier', clientSecret: 'some secure & non-standard secret' },
    { clientId: ' %&+', clientSecret: ' %&+' },
    { clientId: 'secret-expired', clientSecrets: [{ value: 'secret', expiresAt: NOW }] },
    { clientId: 'c-two', clientSecrets: [{ value: 'old', expiresAt: NOW + 1 }, 'new'] },
    { clientId: 'c-none', tokenEndpointAuthMethod: 'none' },
    {
      clientId: 'c-pk',
      clientSecret: 'secret',
      tokenEndpointAuthMethod: 'private_key_jwt',
      jwks: { keys: [createTestKey('ES256').publicJwk] },
    },
    { clientId: 'c-long', clientSecret: LONG_SECRET },
  ]),
);

function authentication(
  options: { store?: ClientStore; methods?: AuthenticationMethod[]; realm?: string; acceptsUnencoded?: boolean } = {},
): ClientAuthentication {
  const clock = (): number => NOW;
  const store = createJsonClientStore({ current: () => clients });
  const privateKeyJwt = createPrivateKeyJwt({
    store,
    keys: { candidates: () => Promise.resolve([]) },
    replays: createMemoryReplayStore({ clock }),
    clock,
    audience: { issuer: 'https://as.example.com', endpoints: [] },
    maxLifetimeSeconds: 300,
  });
  const { methods = [privateKeyJwt], realm = 'mandate', acceptsUnencoded = false } = options;
  const secrets = createSecretVerifier({ scheme: 'none', clock });
  const secretMethods = createSecretMethods({
    store: options.store ?? store,
    secrets,
    limits: unlimited(),
    clock,
    acceptsUnencoded,
  });
  return createClientAuthentication({ methods: [...secretMethods, ...methods], realm });
}

const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);
const basicRaw = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const basic = (id: string, secret: string): string => basicRaw(`${encode(id)}:${encode(secret)}`);

const requestOf = (authorization: string | undefined, form = '') => ({
  authorization: parseAuthorization(authorization),
  form: parseForm(form),
});

async function authenticate(authorization: string | undefined, form = ''): Promise<unknown> {
  const { client, method } = await authentication().authenticate(requestOf(authorization, form));
  return { clientId: client.clientId, method };
}

async function refusal(authorization: string | undefined, form = ''): Promise<unknown> {
  try {
    return await authenticate(authorization, form);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const { code, status, headers } = error;
    return { code, status, headers };
  }
}

const BAD_BASIC = { code: 'invalid_client', status: 401, headers: CHALLENGE };
const BAD_FORM = { code: 'invalid_client', status: 401, headers: {} };
const BAD_REQUEST = { code: 'invalid_request', status: 400, headers: {} };

describe('client_secret_basic (RFC 6749 section 2.3.1)', () => {
  it('authenticates, also with the same client_id in the form', async () => {
    const expected = { clientId: 'c-basic', method: 'client_secret_basic' };
    expect(await authenticate(basic('c-basic', 'secret'))).toEqual(expected);
    expect(await authenticate(basic('c-basic', 'secret'), 'client_id=c-basic')).toEqual(expected);
    expect(await authenticate(basic('c-basic', 'secret').replace('Basic', 'bAsIc'))).toEqual(expected);
  });

  it('CA-09 form-decodes both halves', async () => {
    expect(await authenticate(basicRaw('+%25%26%2B:+%25%26%2B'))).toMatchObject({ clientId: ' %&+' });
    expect(await authenticate(basic('an:identifier', 'some secure & non-standard secret'))).toMatchObject({
      clientId: 'an:identifier',
    });
  });

  it.each([
    ['CA-05 of a client registered for post', basic('c-post', 'secret')],
    ['CA-10 that is not form-encoded', basicRaw('foo with %:foo with $')],
    ['CA-11 with a character outside base64', `${basic('c-basic', 'secret')}!`],
    ['CA-12 without credentials', 'Basic'],
    ['CA-13 of another scheme', 'Bearer foo'],
    ['CA-14 without a colon', 'Basic Zm9v'],
    ['with a wrong secret', basic('c-basic', 'wrong')],
    ['of an unknown client', basic('nobody', 'secret')],
    ['of a client named like a member of Object', basic('__proto__', 'secret')],
    ['of a client whose secret has expired', basic('secret-expired', 'secret')],
    ['of a public client', basic('c-none', 'x')],
    ['of a client registered for private_key_jwt', basic('c-pk', 'secret')],
    ['CA-65 with the first 72 of 128 characters', basic('c-long', LONG_SECRET.slice(0, 72))],
    ['with an empty header', ''],
  ])('refuses Basic %s: 401 with the challenge (RFC 6749 section 5.2)', async (_, authorization) => {
    expect(await refusal(authorization)).toEqual(BAD_BASIC);
  });

  it('CA-07 refuses another client_id in the form as invalid_request', async () => {
    expect(await refusal(basic('c-basic', 'secret'), 'client_id=c-other')).toEqual(BAD_REQUEST);
  });
});

describe('client_secret_basic of clients that do not form-encode', () => {
  const withUnencoded = authentication({ acceptsUnencoded: true });
  it('C5 authenticates an id and a secret with + and %, as they are and form-encoded all the same', async () => {
    for (const authorization of [basicRaw(' %&+: %&+'), basic(' %&+', ' %&+')]) {
      expect((await withUnencoded.authenticate(requestOf(authorization))).client.clientId).toBe(' %&+');
    }
  });

  it('C5 refuses a wrong secret in either reading, and the right one unless it is accepted so', async () => {
    const wrong = withUnencoded.authenticate(requestOf(basicRaw(' %&+: %&%2B+')));
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_client', status: 401 });
    expect(await refusal(basicRaw(' %&+: %&+'))).toEqual(BAD_BASIC);
  });
});

describe('client_secret_post (RFC 6749 section 2.3.1)', () => {
  it('CA-20 authenticates', async () => {
    const expected = { clientId: 'c-post', method: 'client_secret_post' };
    expect(await authenticate(undefined, 'client_id=c-post&client_secret=secret')).toEqual(expected);
  });

  it.each([
    ['CA-21 a wrong secret', 'client_id=c-post&client_secret=invalid'],
    ['CA-05 a client registered for Basic', 'client_id=c-basic&client_secret=secret'],
    ['an unknown client', 'client_id=nobody&client_secret=secret'],
    ['a secret without a client', 'client_secret=secret'],
    ['an expired secret', 'client_id=secret-expired&client_secret=secret'],
    ['CA-65 the first 72 of 128 characters', `client_id=c-long&client_secret=${LONG_SECRET.slice(0, 72)}`],
  ])('refuses %s: 401 without a challenge', async (_, form) => {
    expect(await refusal(undefined, form)).toEqual(BAD_FORM);
  });

  it.each(['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'])(
    'GR-05 (docs/security.md H1) refuses %s twice as invalid_request',
    async (name) => {
      const form = `client_id=c-post&client_secret=secret&${name}=a&${name}=b`;
      expect(await refusal(undefined, form)).toEqual(BAD_REQUEST);
    },
  );
});

describe('several secrets', () => {
  it('are all live until they expire', async () => {
    expect(await authenticate(basic('c-two', 'old'))).toMatchObject({ clientId: 'c-two' });
    expect(await authenticate(basic('c-two', 'new'))).toMatchObject({ clientId: 'c-two' });
    expect(await refusal(basic('c-two', 'older'))).toEqual(BAD_BASIC);
  });
});

describe('one method per request (RFC 6749 section 2.3, docs/security.md C6)', () => {
  it.each([
    ['CA-16 header and body', 'client_id=c-any&client_secret=secret'],
    ['CA-17 header and a secret without client_id', 'client_secret=secret'],
    ['header and assertion', 'client_assertion=a.b.c'],
    ['header and assertion type', 'client_assertion_type=x'],
  ])('%s is invalid_request', async (_, form) => {
    expect(await refusal(basic('c-any', 'secret'), form)).toEqual(BAD_REQUEST);
  });

  it('a secret and an assertion are invalid_request', async () => {
    expect(await refusal(undefined, 'client_id=c-any&client_secret=secret&client_assertion=a.b.c')).toEqual(
      BAD_REQUEST,
    );
  });

  it('no method at all is 401 with the challenge', async () => {
    expect(await refusal(undefined)).toEqual(BAD_BASIC);
    expect(await refusal(undefined, 'client_id=c-none')).toEqual(BAD_BASIC);
  });
});

describe('client_assertion (RFC 7521 section 4.2)', () => {
  const type = 'client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

  it.each([
    ['CA-23 malformed', '.e30.'],
    ['CA-25 with a header of null', 'bnVsbA.e30.x'],
    ['CA-47 for a public client', 'e30.e30.x&client_id=c-none'],
  ])('%s is 401 invalid_client', async (_, assertion) => {
    expect(await refusal(undefined, `${type}&client_assertion=${assertion}`)).toEqual(BAD_FORM);
  });

  it('CA-34 of another type, without a type, or a type alone is invalid_request', async () => {
    expect(await refusal(undefined, 'client_assertion=a.b.c&client_assertion_type=urn:ietf:mycustom')).toEqual(
      BAD_REQUEST,
    );
    expect(await refusal(undefined, 'client_assertion=a.b.c')).toEqual(BAD_REQUEST);
    expect(await refusal(undefined, type)).toEqual(BAD_REQUEST);
  });
});

describe('the methods', () => {
  const ticket: AuthenticationMethod = {
    name: 'private_key_jwt',
    signingAlgorithms: ['ES256'],
    accepts: ({ form }) => form.has('ticket'),
    authenticate: ({ form }) =>
      Promise.resolve(
        form.get('ticket')?.[0] === 'good' ? { ok: true, client: assertedClient } : { ok: false, reason: 'bad' },
      ),
  };

  it('are found by what they accept: a new one is one more in the list, and alone as any other', async () => {
    const withTicket = authentication({ methods: [ticket] });
    expect(await withTicket.authenticate(requestOf(undefined, 'ticket=good'))).toMatchObject({
      method: 'private_key_jwt',
      client: { clientId: 'c-pk' },
    });
    await expect(withTicket.authenticate(requestOf(undefined, 'ticket=bad'))).rejects.toMatchObject(BAD_FORM);
    for (const authorization of [basic('c-any', 'secret'), 'Bearer x']) {
      await expect(withTicket.authenticate(requestOf(authorization, 'ticket=good'))).rejects.toMatchObject(BAD_REQUEST);
    }
  });

  it('are what is announced: those there are, with the algorithms of those that sign', () => {
    expect(authentication({ methods: [] }).supported).toEqual({
      methods: ['client_secret_basic', 'client_secret_post'],
      signingAlgorithms: [],
    });
    expect(authentication({ methods: [ticket] }).supported).toEqual({
      methods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      signingAlgorithms: ['ES256'],
    });
  });
});

describe('what a refusal tells', () => {
  it('C7 nothing about which part was wrong', async () => {
    const errors = [basic('c-basic', 'wrong'), basic('nobody', 'wrong'), basic('c-post', 'secret'), 'Basic x'].map(
      (authorization) => authentication().authenticate(requestOf(authorization)),
    );
    const descriptions = (await Promise.allSettled(errors)).map(
      (result) => result.status === 'rejected' && (result.reason as OAuthError).description,
    );
    expect(new Set(descriptions)).toEqual(new Set(['Client authentication failed']));
  });

  it('H7 a realm that cannot break the header', async () => {
    await expect(authentication({ realm: 'a"\r\nX: y\\' }).authenticate(requestOf('Basic'))).rejects.toMatchObject({
      headers: { 'WWW-Authenticate': 'Basic realm="a???X: y?"' },
    });
  });

  it('S1 a store that cannot say is a failure of the store, no refusal', async () => {
    const store: ClientStore = { findClient: () => Promise.reject(new UpstreamError('redis', 'timeout')) };
    await expect(authentication({ store }).authenticate(requestOf(basic('c-basic', 'secret')))).rejects.toMatchObject({
      failure: 'timeout',
    });
  });
});
