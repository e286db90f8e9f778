import { randomUUID } from 'node:crypto';
import { assertionForm, signTestAssertion, signTestToken, type TestHeader, type TestKey } from '@mandate/testing';
import { AM_SESSION, JWT, basic, exchangeForm, TOKEN_EXCHANGE } from '../end-to-end/post-form.js';
import { CLOSED, IMAGES, type LeakageWorld, OTHER, REPORTS, USERS } from './leakage-world.js';
import { misplaced } from './misplaced.js';
import type { WireAnswer } from './wire.js';

const SIGNED_ANSWER = 'application/token-introspection+jwt';

interface Signing {
  key?: TestKey;
  header?: TestHeader;
}

/** What a client, or whoever poses as one, can send to the services. Every secret on the way is remembered. */
export function createDrive({ urls, managementUrls, wire, secrets, keys, am }: LeakageWorld) {
  const at = {
    token: `${urls.authentication}/service/access_token`,
    introspect: `${urls['token-validation']}/service/introspect`,
    revoke: `${urls['token-validation']}/service/revoke`,
    exchange: `${urls['token-exchange']}/service/tokensts`,
    explain: `${urls['token-exchange']}/service/explain`,
  };
  const bob = basic('bob', secrets.bob);

  const by =
    (headers: Record<string, string>) =>
    (label: string, url: string, form: Record<string, string>): Promise<WireAnswer> =>
      wire.send(label, url, { method: 'POST', headers, body: new URLSearchParams(form) });
  const asBob = by({ authorization: bob });

  async function clientToken(client: 'alice' | 'bob' | 'carol' | 'mallory'): Promise<string> {
    const form = { grant_type: 'client_credentials' };
    const byForm = client === 'carol';
    const answer = byForm
      ? await by({})('token', at.token, { ...form, client_id: client, client_secret: secrets[client] })
      : await by({ authorization: basic(client, secrets[client]) })('token', at.token, form);
    return typeof answer.body['access_token'] === 'string' ? answer.body['access_token'] : 'none';
  }

  /** A token of an issuer that is trusted, good unless claims or header say otherwise. */
  function foreignToken(claims: object = {}, { key = keys.users, header = {} }: Signing = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const defaults = { iss: USERS, sub: 'alice', aud: 'bob', client_id: 'portal', scope: 'read write' };
    const token = signTestToken(key, { ...defaults, iat: now, exp: now + 600, jti: randomUUID(), ...claims }, header);
    return wire.remember('foreign token', token);
  }

  /** The form of a client that proves itself by an assertion, good unless claims or header say otherwise. */
  function assertionFields(
    url: string,
    claims: object = {},
    { key = keys.dave, header = {} }: Signing = {},
  ): Record<string, string> {
    const audience = new URL(url).origin;
    const about = { clientId: 'dave', audience, now: Math.floor(Date.now() / 1000) };
    const assertion = signTestAssertion(key, about, { claims: { ...claims }, header });
    return assertionForm(wire.remember('client assertion', assertion));
  }

  /** Everything that good clients do. */
  async function sendUsual(): Promise<void> {
    const [alice, actor, carol] = [await clientToken('alice'), await clientToken('bob'), await clientToken('carol')];
    const session = wire.remember('session at AM', am.startSession('alice'));
    const opaque = wire.remember('token of AM', randomUUID());
    am.addAccessToken(opaque, { scope: 'read', client_id: 'portal', sub: 'alice', exp: 9_999_999_999 });
    const idToken = foreignToken({ nonce: 'n', scope: undefined, client_id: undefined }, { header: { typ: 'JWT' } });
    const hmacToken = foreignToken({ iss: 'https://hmac.example.com' }, { key: keys.hmac });

    for (const token of [alice, actor, foreignToken(), hmacToken, session, opaque, idToken, 'garbage']) {
      await asBob('introspect', at.introspect, { token });
    }
    const assertion = { grant_type: 'client_credentials', ...assertionFields(at.token) };
    await by({})('assertion', at.token, assertion);
    await by({})('assertion, again', at.token, assertion);
    await by({})('assertion', at.introspect, { token: alice, ...assertionFields(at.introspect) });
    await by({})('assertion', at.exchange, {
      ...exchangeForm({ subject: foreignToken() }, { resource: IMAGES }),
      ...assertionFields(at.exchange),
    });
    await asBob('introspect with a hint', at.introspect, { token: session, token_type_hint: 'ssotoken' });
    await by({ authorization: `Bearer ${carol}` })('introspect as bearer', at.introspect, { token: alice });
    await by({ authorization: bob, accept: SIGNED_ANSWER })('introspect, signed', at.introspect, { token: alice });
    for (const url of [at.exchange, at.explain]) {
      const answer = await asBob('images', url, exchangeForm({ subject: foreignToken(), actor }, { resource: IMAGES }));
      await asBob('reports', url, exchangeForm({ subject: foreignToken() }, { resource: `${REPORTS}2026` }));
      await asBob('at AM', url, exchangeForm({ subject: foreignToken() }, { resource: 'united' }));
      await asBob('in place', url, {
        ...exchangeForm({ subject: foreignToken() }),
        requested_token_type: JWT,
      });
      const ofSession = { subject_token: session, subject_token_type: AM_SESSION, resource: 'sessions' };
      await asBob('of a session', url, { ...exchangeForm({ subject: session }), ...ofSession });
      const second = typeof answer.body['access_token'] === 'string' ? answer.body['access_token'] : foreignToken();
      await asBob('second hop', url, exchangeForm({ subject: second, actor: carol }, { resource: IMAGES }));
      await asBob('revoke', at.revoke, { token: second });
      await asBob('after revocation', url, exchangeForm({ subject: second }, { resource: IMAGES }));
    }
    await asBob('revoke a grant', at.revoke, { token: foreignToken(), grant: 'true' });
    await asBob('revoke a subject', at.revoke, { subject: 'nobody', issuer: USERS });
    await asBob('revoke a client', at.revoke, { client_id: 'nobody' });
  }

  /** What is refused: by a rule, by a policy, by the reading of a token or of credentials. */
  async function sendRefused(): Promise<void> {
    const mallory = await clientToken('mallory');
    const asMallory = by({ authorization: basic('mallory', secrets.mallory) });
    const exchanges: [subject: string, fields: Record<string, string>][] = [
      [foreignToken({ may_act: { sub: 'carol' } }), { resource: IMAGES }],
      [foreignToken({ may_act: 'carol' }), { resource: IMAGES }],
      [foreignToken({ act: { sub: 'bob' } }), { resource: IMAGES }],
      [foreignToken({ cnf: { jkt: 'x' } }), { resource: IMAGES }],
      [foreignToken({ exp: 1 }), { resource: IMAGES }],
      [foreignToken({ iss: 'https://unknown.example.com' }), { resource: IMAGES }],
      [foreignToken({ iss: OTHER }, { key: keys.other }), { resource: IMAGES }],
      [foreignToken(), { resource: CLOSED }],
      [foreignToken(), { resource: 'https://nowhere.example.com/' }],
      [foreignToken(), { resource: IMAGES, scope: 'admin' }],
      [foreignToken(), { resource: 'bare' }],
      [foreignToken(), { resource: 'step-up' }],
      [`${foreignToken()}x`, { resource: IMAGES }],
      [foreignToken().slice(0, -20), { resource: IMAGES }],
      ['none', { resource: IMAGES }],
    ];
    for (const [subject, fields] of exchanges) {
      await asBob('refused', at.exchange, exchangeForm({ subject }, fields));
      await asBob('refused, explained', at.explain, exchangeForm({ subject, actor: mallory }, fields));
      await asMallory('refused', at.exchange, exchangeForm({ subject, actor: mallory }, fields));
      await asBob('inactive', at.introspect, { token: subject });
    }
    const tokenForm = { grant_type: 'client_credentials' };
    const { client_assertion: inner = '' } = assertionFields(at.token);
    for (const claims of [
      { aud: at.revoke },
      { exp: 1 },
      { jti: undefined },
      { iss: 'bob' },
      { jti: inner },
      { sub: inner },
    ]) {
      await by({})('wrong assertion', at.token, { ...tokenForm, ...assertionFields(at.token, claims) });
    }
    await by({})('wrong key', at.token, { ...tokenForm, ...assertionFields(at.token, {}, { key: keys.other }) });
    await by({})('wrong kid', at.token, { ...tokenForm, ...assertionFields(at.token, {}, { header: { kid: inner } }) });
    await by({})('two methods', at.token, { ...tokenForm, ...assertionFields(at.token), client_secret: secrets.bob });
    await by({ authorization: basic('alice', secrets.bob) })('wrong secret', at.token, tokenForm);
    await by({ authorization: basic('nobody', secrets.bob) })('unknown client', at.token, tokenForm);
    await asBob('two methods', at.token, { ...tokenForm, client_secret: secrets.alice });
    await by({ authorization: basic('alice', secrets.alice) })('without the scope', at.introspect, { token: mallory });
    await by({ authorization: `Bearer ${mallory}` })('own bearer', at.introspect, { token: mallory });
    await asBob("another's token", at.revoke, { token: mallory });
  }

  /** Tokens in the claims and headers of tokens, and in the parameters that audit events name. */
  async function sendNested(): Promise<void> {
    const inner = foreignToken();
    const distantToken = `${'x'.repeat(470)} ${inner}`;
    for (const text of [inner, distantToken]) {
      const tokens = [
        ...['kid', 'typ', 'alg', 'cty', 'jku'].map((member) => foreignToken({}, { header: { [member]: text } })),
        ...['iss', 'sub', 'aud', 'jti', 'scope', 'client_id'].map((claim) => foreignToken({ [claim]: text })),
        ...[{ act: { sub: text } }, { may_act: { sub: text } }].map((claims) => foreignToken(claims)),
      ];
      for (const subject of tokens) {
        await asBob('nested', at.introspect, { token: subject });
        for (const resource of [IMAGES, REPORTS, 'united']) {
          await asBob('nested', at.exchange, exchangeForm({ subject }, { resource }));
        }
        await by({ authorization: `Bearer ${subject}` })('nested', at.introspect, { token: inner });
      }
      for (const name of ['scope', 'resource', 'audience', 'requested_token_type']) {
        const form = exchangeForm({ subject: foreignToken() }, { [name]: text });
        for (const url of [at.exchange, at.explain]) await asBob(`token as ${name}`, url, form);
      }
      const form = exchangeForm({ subject: foreignToken() }, { resource: `${IMAGES}?access_token=${text}` });
      await asBob('token in a resource', at.exchange, form);
    }
  }

  /** Secrets in every place where they do not belong. */
  async function misplace(): Promise<void> {
    const values: [label: string, value: string, isAudited: boolean][] = [
      ['a client secret', secrets.alice, false],
      ['a generated secret', secrets.carol, true],
      ['a subject token', foreignToken(), true],
      ['an assertion', assertionFields(at.token)['client_assertion'] ?? '', true],
      ['a session', wire.remember('session at AM', am.startSession('bob')), false],
    ];
    for (const [label, value, isAudited] of values) {
      for (const url of Object.values(at)) {
        const grantType = url === at.token ? 'client_credentials' : TOKEN_EXCHANGE;
        const requests = misplaced(value, { authorization: bob, grantType, isAudited });
        await Promise.all(requests.map((one) => wire.send(`${label} ${one.label}`, `${url}${one.suffix}`, one.init)));
        await wire.sendRaw(label, url, `POST /?token=${value} HTTP/9.1\r\nauthorization: ${value}\r\n\r\n${value}`);
        await wire.sendRaw(label, url, `${value} / HTTP/1.1\r\nhost: ${value}\r\n\r\n`);
        await wire.sendRaw(label, url, `GET /?${value} HTTP/1.1\r\nhost: a\r\nx ${value}\r\n\r\n`);
      }
    }
    await asBob('a body that is too large', at.introspect, { token: secrets.alice.repeat(3000) });
  }

  /** What operators read. */
  async function observe(): Promise<void> {
    const ims = { authentication: 'authn', 'token-validation': 'validation', 'token-exchange': 'exchange' } as const;
    for (const [name, path] of Object.entries(ims) as [keyof typeof ims, string][]) {
      await wire.send('metrics', `${managementUrls[name]}/metrics`);
      await wire.send('readiness', `${managementUrls[name]}/readyz?verbose`);
      await wire.send('readiness, public', `${urls[name]}/readyz?verbose&token=${secrets.alice}`);
      await wire.send('metadata', `${urls[name]}/.well-known/oauth-authorization-server?token=${secrets.alice}`);
      await wire.send('keys', `${urls[name]}/.well-known/jwks.json`);
      for (const [account, page] of [
        ['info', 'info/ping'],
        ['metrics', 'metrics/prometheus'],
      ] as const) {
        const url = `${urls[name]}/${path}/${page}`;
        await wire.send(page, url, { headers: { authorization: basic(account, secrets[account]) } });
        await wire.send(page, url, { headers: { authorization: basic(account, secrets.alice) } });
      }
    }
  }

  return { sendUsual, sendRefused, sendNested, misplace, observe };
}
