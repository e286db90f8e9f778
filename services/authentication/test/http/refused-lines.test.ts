import { afterAll, describe, expect, it } from '@jest/globals';
import { TEST_START, assertionForm, createTestKey, signTestAssertion } from '@mandate/testing';
import { GRANT, ISSUER, startAuthentication } from './start-authentication.js';

const key = createTestKey('ES256');
const clients = [
  { clientId: 'c-basic', clientSecret: 'secret', scopes: ['read'], tokenEndpointAuthMethod: 'client_secret_basic' },
  { clientId: 'c-limited', clientSecret: 'secret' },
  { clientId: 'c-post', clientSecret: 'secret', tokenEndpointAuthMethod: 'client_secret_post' },
  { clientId: 'c-pk', tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [key.publicJwk] } },
  { clientId: 'c-other-grant', clientSecret: 'secret', grantTypes: ['refresh_token'] },
];
const service = await startAuthentication({ RATE_LIMIT_FAILURES: '1/600' }, { clients });
afterAll(() => service.stop());

interface Proof {
  basic?: string;
  form?: Record<string, string>;
}

/** What the line of a refusal says of who was refused. */
async function refusedWho({ basic, form }: Proof): Promise<unknown[]> {
  const from = service.logLines.length;
  const { status } = await service.post({ ...GRANT, ...form }, basic === undefined ? {} : { basic });
  expect(status).toBeGreaterThanOrEqual(400);
  const lines = service.logLines.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.filter(({ msg }) => msg === 'refused').map(({ client, claimedClient }) => ({ client, claimedClient }));
}

const assertionOf = (clientId: string, by = createTestKey('ES256')): Proof => ({
  form: assertionForm(signTestAssertion(by, { clientId, audience: ISSUER, now: TEST_START })),
});

describe('the line `refused`', () => {
  it.each<[string, Proof, string]>([
    ['by a wrong secret', { basic: 'c-basic:wrong' }, 'c-basic'],
    ['by a wrong secret in the form', { form: { client_id: 'c-post', client_secret: 'wrong' } }, 'c-post'],
    ['by a method that is not its own', { basic: 'c-pk:secret' }, 'c-pk'],
    ['by an assertion of another key', assertionOf('c-pk'), 'c-pk'],
  ])('names the client that is claimed %s, as no more than that', async (_name, proof, claimedClient) => {
    expect(await refusedWho(proof)).toEqual([{ client: undefined, claimedClient }]);
  });

  it('names the client that is claimed beyond the limit of wrong secrets', async () => {
    await service.post({ ...GRANT }, { basic: 'c-limited:wrong' });
    expect(await refusedWho({ basic: 'c-limited:secret' })).toEqual([
      { client: undefined, claimedClient: 'c-limited' },
    ]);
  });

  it.each<[string, Proof]>([
    ['a grant that its record leaves out', { basic: 'c-other-grant:secret' }],
    ['a scope that it has not', { basic: 'c-other-grant:secret', form: { scope: 'admin' } }],
  ])('names the client that was authenticated and asked for %s', async (_name, proof) => {
    expect(await refusedWho(proof)).toEqual([{ client: 'c-other-grant', claimedClient: undefined }]);
  });

  it.each<[string, Proof]>([
    ['an id that nobody has', { basic: 'nobody:secret' }],
    ['a secret in the place of the id', { basic: 'secret-of-somebody:c-basic' }],
    ['an id that nobody can have', { form: { client_id: 'x'.repeat(5000), client_secret: 'secret' } }],
    ['an assertion of nobody', assertionOf('nobody-with-a-key', key)],
    ['nothing at all', {}],
  ])('names nobody who sends %s', async (_name, proof) => {
    const from = service.logLines.length;
    expect(await refusedWho(proof)).toEqual([{ client: undefined, claimedClient: undefined }]);
    expect(service.logLines.slice(from).join('')).not.toMatch(/nobody|secret-of|xxxx/);
  });
});
