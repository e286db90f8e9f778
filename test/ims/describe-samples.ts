import { describe, expect, it } from '@jest/globals';
import { type Answer, JWT, basic, exchangeForm, postForm } from '../end-to-end/post-form.js';
import { claimsOf } from './describe-collections.js';
import { type PublishedWorld, yamlUrl } from './published-world.js';

const IN_PLACE = { requested_token_type: JWT };
const KEPT = ['sub', 'aud', 'scp', 'cid', 'tokenName', 'auth_time', 'auditTrackingId', 'token_type'];

/** The samples of the originals' READMEs that are in no collection. */
export function describeSamples(world: PublishedWorld): void {
  const tokenOf = async (client: string): Promise<string> => {
    const url = `${yamlUrl(world, 'authentication')}/service/access_token`;
    const { body } = await postForm(url, { grant_type: 'client_credentials' }, basic(client, client));
    return String(body['access_token']);
  };
  const exchange = async (form: Record<string, string>, bearer: string): Promise<Answer> =>
    postForm(`${yamlUrl(world, 'token-exchange')}/service/tokensts`, form, `Bearer ${bearer}`);

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

    it('let whoever a token of a trusted issuer is of act in place, whichever client it was issued to', async () => {
      const [subject, actor, bearer] = [await tokenOf('client1'), await tokenOf('client2'), await tokenOf('client3')];
      const { status, body } = await exchange(exchangeForm({ subject, actor }, IN_PLACE), bearer);
      expect(status).toBe(200);
      expect(claimsOf({ body })).toMatchObject({ sub: 'client1', act: { sub: 'client2' } });
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
  });
}
