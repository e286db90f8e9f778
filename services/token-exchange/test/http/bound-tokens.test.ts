import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { FIRST_CERTIFICATE } from '@mandate/testing';
import { credentialsOf, imagesRule, issuedClaims, startExchangeWorld } from './exchange-world.js';

const THUMBPRINT = createHash('sha256').update(Buffer.from(FIRST_CERTIFICATE, 'base64')).digest('base64url');
const AS_BOUND = credentialsOf('bound');
const env = { TRUSTED_PROXIES: '127.0.0.1,::1', CLIENT_CERTIFICATE_HEADER: 'Client-Cert' };
const world = await startExchangeWorld([imagesRule], env);

const parties = () => {
  const claims = { aud: 'bound', client_id: 'bound' };
  return { subject_token: world.token({ ...claims, may_act: { sub: 'bob' } }), ...world.actorFields(claims) };
};

it('a client that is registered for bound tokens gets an exchanged one that is bound (RFC 8705 section 3)', async () => {
  const answer = await world.exchange(parties(), { ...AS_BOUND, 'Client-Cert': `:${FIRST_CERTIFICATE}:` });
  expect(issuedClaims(answer)).toMatchObject({ sub: 'alice', cnf: { 'x5t#S256': THUMBPRINT } });
});

it('and none without its certificate', async () => {
  expect(await world.exchange(parties(), AS_BOUND)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
});
