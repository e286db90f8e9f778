import { describe, expect, it } from '@jest/globals';
import { type Answer, basic, exchangeForm, postForm } from '../end-to-end/post-form.js';
import { startService } from '../end-to-end/start-service.js';
import { claimsOf } from './describe-collections.js';
import { ENVIRONMENTS } from './published-requests.js';
import { type PublishedWorld, yamlUrl } from './published-world.js';
import { withAddresses } from './replay.js';

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

/** The members of the token that the announcement prints, for Alice and Bob. */
const PRINTED = {
  sub: 'alice',
  aud: 'example.com',
  scp: ['read', 'write'],
  act: { sub: 'bob' },
  iss: 'https://frtokenexchange.example.com',
  exp: expect.any(Number),
  iat: expect.any(Number),
};
/** Those of ours beyond them, as the guide lists them. */
const BEYOND = ['scope', 'client_id', 'client_iss', 'sub_id', 'nbf', 'jti', 'anc', 'authGrantId'];

interface AmClient {
  issuer: string;
  id: string;
  secret: string;
}

interface Exchange {
  ask(people: { subject: string; actor: string }, resource: string): Promise<Answer>;
  /** Of a subject whom nobody acts for. */
  askAlone(subject: string, resource: string): Promise<Answer>;
  stop(): Promise<void>;
}

/** The story of the announcement with a real AM: Alice's and Bob's ID tokens, and a policy of AM. */
export function describeStory(world: PublishedWorld): void {
  if (!world.hasAm) return;

  const bearer = async (): Promise<string> => {
    const url = `${yamlUrl(world, 'authentication')}/service/access_token`;
    const { body } = await postForm(url, { grant_type: 'client_credentials' }, basic('client3', 'client3'));
    return `Bearer ${String(body['access_token'])}`;
  };

  /** token-exchange with the printed settings, addresses excepted, and these. */
  async function startWith(extra: Record<string, string>): Promise<Exchange> {
    const entries = Object.entries(ENVIRONMENTS['yaml']?.['token-exchange'] ?? {});
    const variables = entries.map(([name, value]) => [name, withAddresses(value, { ...world, services: {} })]);
    const env = { ...(Object.fromEntries(variables) as Record<string, string>), COMPATIBILITY: 'ims', ...extra };
    const service = await startService('token-exchange', env);
    const post = async (form: Record<string, string>): Promise<Answer> =>
      postForm(`${service.publicUrl}/service/tokensts`, form, await bearer());
    return {
      ask: (people, resource) =>
        post({ ...exchangeForm(people, { resource }), subject_token_type: ID_TOKEN, actor_token_type: ID_TOKEN }),
      askAlone: (subject, resource) =>
        post({ ...exchangeForm({ subject }, { resource }), subject_token_type: ID_TOKEN }),
      stop: () => service.stop(),
    };
  }

  /** The ID token that AM gives a person of its seed at a client. */
  async function idToken(username: string, { issuer, id, secret }: AmClient): Promise<string> {
    const password = `${username.charAt(0).toUpperCase()}${username.slice(1)}-pass-1`;
    const form = { grant_type: 'password', username, password, scope: 'openid profile' };
    return String((await postForm(`${issuer}/access_token`, form, basic(id, secret))).body['id_token']);
  }

  describe('the story of the announcement', () => {
    it("lets Bob act for Alice by a word in Alice's ID token, with the printed settings", async () => {
      const issuer = `${world.am}/oauth2/realms/root/realms/story`;
      const at = { issuer, id: 'storyclient', secret: 'storyclient' };
      const service = await startWith({ ISSUER_JWK_OPENID_URL: `${issuer}/.well-known/openid-configuration` });
      const [alice, bob, other] = [await idToken('alice', at), await idToken('bob', at), await idToken('plain', at)];
      const resource = 'http://story.example.com:*/*';
      const { status, body } = await service.ask({ subject: alice, actor: bob }, resource);
      expect([status, body['scope']]).toEqual([200, 'read write']);
      const claims = claimsOf({ body });
      expect(claims).toMatchObject(PRINTED);
      expect(Object.keys(claims).sort()).toEqual([...Object.keys(PRINTED), ...BEYOND].sort());
      expect((await service.ask({ subject: alice, actor: other }, resource)).status).toBe(400);
      expect((await service.ask({ subject: bob, actor: other }, resource)).status).toBe(400);
      await service.stop();
    });

    it("ends a token when AM's policy says so under the name that the READMEs have for it, which is no claim", async () => {
      const service = await startWith({});
      const at = { issuer: `${world.am}/oauth2`, id: 'client1', secret: 'client1-secret' };
      const { status, body } = await service.askAlone(await idToken('alice', at), 'http://lifetime.example.com:*/*');
      expect([status, body['expires_in']]).toEqual([200, 1200]);
      expect(claimsOf({ body })).not.toHaveProperty('expiresIn');
      await service.stop();
    });

    it('lets Bob act for Alice by a list in AM under whatever name, with one setting more', async () => {
      const service = await startWith({ EXCHANGE_OPENAM_POLICY_ALLOWED_ACTORS_ATTR: 'allowedActors' });
      const at = { issuer: `${world.am}/oauth2`, id: 'client1', secret: 'client1-secret' };
      const [alice, bob, other] = [await idToken('alice', at), await idToken('bob', at), await idToken('plain', at)];
      const resource = 'http://album.example.com:*/*';
      const { status, body } = await service.ask({ subject: alice, actor: bob }, resource);
      expect([status, body['scope']]).toEqual([200, 'read']);
      expect(claimsOf({ body })).toMatchObject({ sub: 'alice', aud: 'album', scp: ['read'], act: { sub: 'bob' } });
      expect((await service.ask({ subject: alice, actor: other }, resource)).status).toBe(400);
      await service.stop();
    });
  });
}
