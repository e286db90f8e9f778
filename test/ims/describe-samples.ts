import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { compose, tokenExchangeConfig } from '@mandate/token-exchange';
import { type Answer, basic, exchangeForm, postForm } from '../end-to-end/post-form.js';
import { claimsOf } from './describe-collections.js';
import { ENVIRONMENTS } from './published-requests.js';
import { type PublishedWorld, yamlUrl } from './published-world.js';
import { withAddresses } from './replay.js';

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const IN_PLACE = { requested_token_type: JWT };
const KEPT = ['sub', 'aud', 'scp', 'cid', 'tokenName', 'auth_time', 'auditTrackingId', 'token_type'];
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

/** The samples of the originals' READMEs that are in no collection, and the story of their announcement. */
export function describeSamples(world: PublishedWorld): void {
  const tokenOf = async (client: string): Promise<string> => {
    const url = `${yamlUrl(world, 'authentication')}/service/access_token`;
    const { body } = await postForm(url, { grant_type: 'client_credentials' }, basic(client, client));
    return String(body['access_token']);
  };
  const exchange = async (form: Record<string, string>, bearer: string): Promise<Answer> =>
    postForm(`${yamlUrl(world, 'token-exchange')}/service/tokensts`, form, `Bearer ${bearer}`);

  const amToken = async (username: string, { client = 'client1', scope = 'openid profile' } = {}): Promise<Answer> => {
    const password = username.startsWith('user.')
      ? 'password'
      : `${username[0]?.toUpperCase()}${username.slice(1)}-pass-1`;
    const secret = client === 'client1' ? 'client1-secret' : client;
    const form = { grant_type: 'password', username, password, scope };
    return postForm(`${world.am}/oauth2/access_token`, form, basic(client, secret));
  };

  describe('the samples of the READMEs', () => {
    it('exchange a token in place, which keeps its claims', async () => {
      const [subject, bearer] = [await tokenOf('client2'), await tokenOf('client3')];
      const { status, body } = await exchange(exchangeForm({ subject }, IN_PLACE), bearer);
      expect([status, body['issued_token_type'], body['scope']]).toEqual([200, JWT, 'example']);
      const [before, after] = [claimsOf({ body: { access_token: subject } }), claimsOf({ body })];
      for (const claim of KEPT) expect([claim, after[claim]]).toEqual([claim, before[claim]]);
      expect(after['iss']).toBe('https://frtokenexchange.example.com');
      expect(after['jti']).not.toBe(before['jti']);
    });

    it('let the caller act with its own bearer token, without a may_act', async () => {
      const [subject, bearer] = [await tokenOf('client2'), await tokenOf('client3')];
      const { status, body } = await exchange(exchangeForm({ subject, actor: bearer }, IN_PLACE), bearer);
      expect(status).toBe(200);
      expect(claimsOf({ body })).toMatchObject({ sub: 'client2', act: { sub: 'client3' } });
    });

    it('let a token be asked about with itself', async () => {
      const bearer = await tokenOf('client3');
      const url = `${yamlUrl(world, 'token-validation')}/service/introspect`;
      const { status, body } = await postForm(url, { token: bearer }, `Bearer ${bearer}`);
      expect([status, body['active'], body['sub']]).toEqual([200, true, 'client3']);
    });

    if (!world.hasAm) return;

    it('exchange an opaque token of AM in place, whose issuer the introspection names', async () => {
      const { body: opaque } = await postForm(
        `${world.am}/oauth2/realms/root/realms/test/access_token`,
        { grant_type: 'password', username: 'user.1', password: 'password', scope: 'profile' },
        basic('myoauthclient', 'myoauthclient'),
      );
      const subject = String(opaque['access_token']);
      const { status, body } = await exchange(exchangeForm({ subject }, IN_PLACE), await tokenOf('client3'));
      expect([status, body]).toEqual([200, expect.objectContaining({ scope: 'profile', issued_token_type: JWT })]);
      expect(claimsOf({ body })).toMatchObject({ sub: 'user.1', aud: 'N_A', scp: ['profile'] });
    });

    it('let Bob act for Alice by a list in AM under whatever name, with one setting more', async () => {
      const published = Object.entries(ENVIRONMENTS['yaml']?.['token-exchange'] ?? {});
      const addresses = { ...world, services: {} };
      const moved = published.map(([name, value]) => [name, withAddresses(value, addresses)]);
      const env = {
        ...(Object.fromEntries(moved) as Record<string, string>),
        COMPATIBILITY: 'ims',
        EXCHANGE_OPENAM_POLICY_ALLOWED_ACTORS_ATTR: 'allowedActors',
      };
      const config = readConfig(tokenExchangeConfig, { env });
      const clock = (): number => Math.floor(Date.now() / 1000);
      const service = await startOnLoopback(async (runtime) => [await compose(config, runtime)], { clock });
      const [alice, bob] = [await amToken('alice'), await amToken('bob')];
      const tokens = { subject: String(alice.body['id_token']), actor: String(bob.body['id_token']) };
      const form = {
        ...exchangeForm(tokens, { resource: 'http://album.example.com:*/*' }),
        subject_token_type: ID_TOKEN,
        actor_token_type: ID_TOKEN,
      };
      const ask = async (changed: Record<string, string> = {}) =>
        postForm(
          `${service.publicUrl}/service/tokensts`,
          { ...form, ...changed },
          `Bearer ${await tokenOf('client3')}`,
        );
      const { status, body } = await ask();
      expect([status, body['scope']]).toEqual([200, 'read']);
      expect(claimsOf({ body })).toMatchObject({ sub: 'alice', aud: 'album', scp: ['read'], act: { sub: 'bob' } });
      const mallory = await amToken('plain');
      expect((await ask({ actor_token: String(mallory.body['id_token']) })).status).toBe(400);
      await service.stop();
    });
  });
}
