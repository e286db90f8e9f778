import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FIRST_CERTIFICATE } from '@mandate/testing';
import {
  actorFields,
  basic,
  type ExchangeWorld,
  imagesRule,
  issuedClaims,
  startExchangeWorld,
} from './exchange-world.js';

const THUMBPRINT = createHash('sha256').update(Buffer.from(FIRST_CERTIFICATE, 'base64')).digest('base64url');
const AS_BOUND = { authorization: basic('bound', 'secret') };
const bound = {
  clientId: 'bound',
  clientSecret: 'secret',
  scopes: ['exchange'],
  tlsClientCertificateBoundAccessTokens: true,
};

let world: ExchangeWorld;
beforeAll(async () => {
  const env = { TRUSTED_PROXIES: '127.0.0.1,::1', CLIENT_CERTIFICATE_HEADER: 'Client-Cert' };
  world = await startExchangeWorld([imagesRule], env, { clients: [bound] });
});
afterAll(() => world.close());

const parties = () => {
  const claims = { aud: 'bound', client_id: 'bound' };
  return { subject_token: world.token({ ...claims, may_act: { sub: 'bob' } }), ...actorFields(world, claims) };
};

it('a client that is registered for bound tokens gets an exchanged one that is bound (RFC 8705 section 3)', async () => {
  const answer = await world.exchange(parties(), { ...AS_BOUND, 'Client-Cert': `:${FIRST_CERTIFICATE}:` });
  expect(issuedClaims(answer)).toMatchObject({ sub: 'alice', cnf: { 'x5t#S256': THUMBPRINT } });
});

it('and none without its certificate', async () => {
  expect(await world.exchange(parties(), AS_BOUND)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
});
