import { describe, expect, it } from '@jest/globals';
import { parseAuthorization, parseForm } from '@mandate/oauth';
import { UpstreamError } from '@mandate/ports';
import { audiencesOf, createCallerAuthentication, createClientCallers } from '@mandate/clients';
import { basic, callers, call, clients, good, records, refusal, store, verifier, withTickets } from './caller-world.js';

describe('a caller with a bearer token (IMS, RFC 6750)', () => {
  it('is the client of the token, with its scopes', async () => {
    expect(await call('Bearer good')).toEqual({
      clientId: 'app',
      issuer: 'https://as',
      own: true,
      scopes: ['introspect', 'other'],
      attributes: {},
      client: undefined,
      bearer: good,
      method: 'bearer',
    });
    expect(await call('bearer  good')).toMatchObject({ clientId: 'app' });
  });

  it('is the subject where the token names it as its own audience and no client (AM client credentials)', async () => {
    expect(await call('Bearer am-client')).toMatchObject({ clientId: 'rs' });
  });

  it.each(['bad', 'id-token', 'bound', 'no-client', 'nobody'])(
    'IN-14 with the bad token %j gets 401 invalid_token (RFC 6750 section 3.1)',
    async (token) => {
      expect(await refusal(`Bearer ${token}`)).toEqual([401, 'invalid_token', 'Bearer error="invalid_token"']);
    },
  );

  it.each(['no-scope', 'other-scope'])(
    'without the scope (%s) gets 403 insufficient_scope naming it',
    async (token) => {
      expect(await refusal(`Bearer ${token}`)).toEqual([
        403,
        'insufficient_scope',
        'Bearer error="insufficient_scope", scope="introspect"',
      ]);
    },
  );

  it.each(['Bearer', 'Bearer a b', 'Bearer "x"', 'Bearer é', 'Bearer ='])(
    'with the malformed header %j gets 400 invalid_request',
    async (authorization) => {
      expect(await refusal(authorization)).toEqual([400, 'invalid_request', 'Bearer error="invalid_request"']);
    },
  );

  it.each(['client_secret=secret&client_id=rs', 'client_assertion=a.b.c', 'client_assertion_type=x'])(
    'and client credentials in the form (%s) gets 400 invalid_request',
    async (form) => {
      expect(await refusal('Bearer good', form)).toEqual([400, 'invalid_request', 'Bearer error="invalid_request"']);
    },
  );

  it('and credentials of whatever method of clients there is gets 400 invalid_request', async () => {
    const malformedRequest = [400, 'invalid_request', 'Bearer error="invalid_request"'];
    expect(await refusal('Bearer good', 'ticket=rs', withTickets)).toEqual(malformedRequest);
  });

  it('is answered by a failure, not a refusal, when the keys of its issuer cannot be had', async () => {
    await expect(call('Bearer down')).rejects.toMatchObject({ name: 'UpstreamError', failure: 'unreachable' });
  });

  it('leaves the reason for the log', async () => {
    await expect(call('Bearer bad')).rejects.toMatchObject({ detail: 'bad_signature' });
    await expect(call('Bearer bound')).rejects.toMatchObject({ detail: 'sender_constrained' });
  });
});

describe('T18 a token that is bound to a certificate (RFC 8705 section 3)', () => {
  const callWith = (token: string, certificate?: string) =>
    callers.authenticate({
      authorization: parseAuthorization(`Bearer ${token}`),
      form: parseForm(''),
      certificate: () => certificate,
    });

  it('is a credential of who shows that certificate', async () => {
    expect(await callWith('to-certificate', 'mine')).toMatchObject({ clientId: 'app' });
  });

  it.each([
    ['to-certificate', 'another'],
    ['to-certificate', undefined],
    ['to-both', 'mine'],
    ['to-nothing', undefined],
    ['to-nothing', 'mine'],
    ['to-no-text', 'mine'],
    ['bound', 'mine'],
  ])('is none otherwise: %s, with the certificate %s', async (token, certificate) => {
    await expect(callWith(token, certificate)).rejects.toMatchObject({ detail: 'sender_constrained' });
  });
});

describe('a caller that authenticates as a client', () => {
  it.each([
    ['Basic', basic('rs:secret'), ''],
    ['post', undefined, 'client_id=rs&client_secret=secret'],
  ])('by %s is that client, with the scopes of its record', async (_, authorization, form) => {
    expect(await call(authorization, form)).toEqual({
      clientId: 'rs',
      issuer: 'https://as',
      own: true,
      scopes: ['introspect', 'exchange'],
      attributes: expect.objectContaining({ tier: 1 }),
      client: records.get('rs'),
      bearer: undefined,
      method: authorization === undefined ? 'client_secret_post' : 'client_secret_basic',
    });
  });

  it('by any method of the list is that client: methods are found by what they accept', async () => {
    expect(await call(undefined, 'ticket=rs', withTickets)).toMatchObject({
      clientId: 'rs',
      scopes: ['introspect', 'exchange'],
    });
    expect(await refusal(undefined, 'ticket=nobody', withTickets)).toEqual([401, 'invalid_client', undefined]);
  });

  it('IN-02 with wrong credentials gets 401 invalid_client, with the challenge of the header it used', async () => {
    expect(await refusal(basic('rs:wrong'))).toEqual([401, 'invalid_client', 'Basic realm="mandate"']);
    expect(await refusal(undefined, 'client_id=rs&client_secret=wrong')).toEqual([401, 'invalid_client', undefined]);
  });

  it('without the scope in its record gets 403 insufficient_scope', async () => {
    expect(await refusal(basic('weak:secret'))).toEqual([403, 'insufficient_scope', undefined]);
  });

  it.each([basic('weak:secret'), 'Bearer no-scope'])(
    'is told which scope it lacks, however it proved itself',
    async (authorization) => {
      await expect(call(authorization)).rejects.toMatchObject({ description: 'The caller lacks the scope introspect' });
    },
  );

  it('in two ways gets 400 invalid_request', async () => {
    expect(await refusal(basic('rs:secret'), 'client_secret=secret')).toEqual([400, 'invalid_request', undefined]);
  });
});

describe('a caller without credentials', () => {
  it('TX-03 gets 401 and a challenge without an error code (RFC 6750 section 3.1)', async () => {
    expect(await refusal()).toEqual([401, 'invalid_client', 'Bearer']);
    expect(await refusal(undefined, 'client_id=rs&token=x')).toEqual([401, 'invalid_client', 'Bearer']);
  });
});

describe('the record of a caller with a bearer token', () => {
  const withStore = createCallerAuthentication({ clientIssuer: 'https://as', verifier, clients, store });

  it('is found for a token of our own issuers, and its attributes with it', async () => {
    const caller = await call('Bearer own-rs', '', withStore);
    expect(caller.client).toBe(records.get('rs'));
    expect(caller.attributes).toEqual(expect.objectContaining({ tier: 1 }));
    expect(caller.scopes).toEqual(['introspect', 'other']);
  });

  it('is not done without: the bearer token of a client that is gone would see what its record forbade', async () => {
    expect(await refusal('Bearer good', '', withStore)).toEqual([401, 'invalid_token', 'Bearer error="invalid_token"']);
    await expect(call('Bearer good', '', withStore)).rejects.toMatchObject({ detail: 'unknown_client' });
    expect(await call('Bearer good')).toMatchObject({ client: undefined, attributes: {} });
  });

  it('X7 is not that of a client of the same name at a foreign issuer', async () => {
    expect(await call('Bearer foreign-rs', '', withStore)).toMatchObject({
      clientId: 'rs',
      issuer: 'https://as',
      own: false,
      client: undefined,
      attributes: {},
    });
  });

  it('is not that of a foreign client to which a token of ours was issued', async () => {
    expect(await call('Bearer for-foreign-rs', '', withStore)).toMatchObject({
      issuer: 'https://elsewhere',
      own: false,
      client: undefined,
    });
  });

  it('S1 that the store cannot give is a failure, no refusal', async () => {
    const down = { findClient: () => Promise.reject(new UpstreamError('redis', 'timeout')) };
    const caller = call(
      'Bearer own-rs',
      '',
      createCallerAuthentication({ clientIssuer: 'https://as', verifier, store: down }),
    );
    await expect(caller).rejects.toMatchObject({ failure: 'timeout' });
  });
});

describe('what is announced of it', () => {
  it('is the bearer token beside the ways of clients, where there are clients', () => {
    const secrets = ['client_secret_basic', 'client_secret_post'];
    expect(callers.supported.methods).toEqual([...secrets, 'Bearer']);
    expect(createClientCallers(clients, 'https://as').supported.methods).toEqual(secrets);
    expect(createCallerAuthentication({ clientIssuer: 'https://as', verifier }).supported).toEqual({
      methods: ['Bearer'],
      signingAlgorithms: [],
    });
  });
});

describe('a caller of whom no scope is required', () => {
  it('needs to authenticate all the same', async () => {
    const request = (authorization?: string) => ({
      authorization: parseAuthorization(authorization),
      form: parseForm(''),
    });
    expect(await callers.authenticate(request(basic('weak:secret')))).toMatchObject({ clientId: 'weak' });
    expect(await callers.authenticate(request('Bearer no-scope'))).toMatchObject({ clientId: 'app' });
    await expect(callers.authenticate(request())).rejects.toMatchObject({ status: 401 });
  });
});

describe('audiencesOf', () => {
  it('is the client id, and what the record calls it as a resource server', async () => {
    expect(audiencesOf(await call(basic('rs:secret')))).toEqual(['rs', 'https://api']);
    expect(audiencesOf({ clientId: 'app', client: undefined })).toEqual(['app']);
  });
});

describe('a service that accepts one way only', () => {
  const bearerOnly = createCallerAuthentication({ clientIssuer: 'https://as', verifier });
  const clientsOnly = createClientCallers(clients, 'https://as');

  it('takes no client credentials without a client store', async () => {
    expect(await refusal(basic('rs:secret'), '', bearerOnly)).toEqual([401, 'invalid_client', 'Bearer']);
    expect(await refusal(undefined, 'client_id=rs&client_secret=secret', bearerOnly)).toEqual([
      401,
      'invalid_client',
      'Bearer',
    ]);
  });

  it('takes no bearer token without a verifier', async () => {
    expect(await refusal('Bearer good', '', clientsOnly)).toEqual([401, 'invalid_client', 'Basic realm="mandate"']);
    expect(await refusal(undefined, '', clientsOnly)).toEqual([401, 'invalid_client', 'Basic realm="mandate"']);
  });
});
