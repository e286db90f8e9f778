import { writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import { decodeJwt } from 'jose';
import { pathOf, testDirectory, until } from '@mandate/testing';
import { temporaryServer } from '../after-tests.js';
import { checksOf, IMAGES, imagesRule, issuedClaims, startExchangeWorld, UNAVAILABLE } from './exchange-world.js';

let result: unknown;
let decision_id: string | undefined;
let requestHeaders: IncomingHttpHeaders = {};
const opa = await temporaryServer((request, response) => {
  if (pathOf(request) === '/v1/data/exchange/match') requestHeaders = request.headers;
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ result, decision_id }));
});
const folder = testDirectory();
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, 'first\n');
const world = await startExchangeWorld([imagesRule], {
  TOKEN_EXCHANGE_POLICIES: 'opa',
  EXCHANGE_POLICY_OPA_URL: `${opa.origin}/v1/data/exchange/match`,
  EXCHANGE_POLICY_OPA_TOKEN_FILE: tokenFile,
  TRUST_TRANSACTION_ID_HEADER: 'true',
});

describe('an exchange that OPA decides', () => {
  it('is issued as OPA grants', async () => {
    result = [{ audience: IMAGES, scopes: ['read'], expirationSeconds: 60 }];
    const answer = await world.exchange();
    expect(answer.body).toMatchObject({ scope: 'read', expires_in: 60 });
    expect(issuedClaims(answer)).toMatchObject({ aud: IMAGES, sub: 'alice' });
    const { body } = await world.explain();
    expect(body).toMatchObject({ decision: { backend: 'opa', rule: 'exchange/match' } });
  });

  it('carries the id of the decision, which finds it in the log of OPA, in audit and explain; no odd one', async () => {
    decision_id = '4ca636c1-55e4-417a-b1d8-4aceb67960d1';
    result = [{ audience: IMAGES, scopes: ['read'] }];
    await world.exchange();
    await until(() =>
      world.events().some(({ event, decisionId }) => event === 'exchange' && decisionId === decision_id),
    );
    expect((await world.explain()).body).toMatchObject({ decision: { backend: 'opa', id: decision_id } });
    result = { allow: false };
    expect((await world.explain()).body).toMatchObject({ verdict: 'deny', decision: { id: decision_id } });
    decision_id = world.token();
    expect((await world.explain()).body['decision']).toEqual({ backend: 'opa', rule: 'exchange/match' });
    decision_id = undefined;
  });

  it('carries the labels that the policy gives, on a permit and a deny; no other member, nothing like a token', async () => {
    for (const allow of [true, false]) {
      const labels = { region: `west-${allow}`, odd: world.token() };
      result = { allow, labels };
      await world.exchange();
      const eventLine = () => world.logLines.find((line) => line.includes(labels.region));
      await until(() => eventLine() !== undefined);
      expect(eventLine()).not.toContain(labels.odd);
      const { body } = await world.explain();
      expect(body).toMatchObject({ decision: { labels: { region: labels.region } } });
      expect(JSON.stringify(body)).not.toContain(labels.odd);
    }
    result = { allow: true, labels: { 'a b': 'x' } };
    expect((await world.exchange()).status).toBe(503);
    result = [{ audience: IMAGES, scopes: ['read'], labels: {} }];
    expect((await world.exchange()).status).toBe(503);
  });

  it('sends OPA the transaction id, the trace and the token of the file, the new one after a rotation', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await world.exchange({}, { 'x-forgerock-transactionid': 'transaction-7', traceparent });
    expect(requestHeaders).toMatchObject({ authorization: 'Bearer first' });
    expect(requestHeaders['x-forgerock-transactionid']).toBe(answer.headers.get('x-forgerock-transactionid'));
    expect(requestHeaders['traceparent']).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-/);

    writeFileSync(tokenFile, 'second\n');
    await until(async () => {
      await world.exchange();
      return requestHeaders['authorization'] === 'Bearer second';
    });
  });

  it('X1 X13 is never granted more scopes than its subject token has, whatever OPA grants', async () => {
    result = [{ audience: IMAGES, scopes: ['read', 'admin'] }];
    expect((await world.exchange()).body).toMatchObject({ scope: 'read' });
    expect(await world.exchange({ scope: 'admin' })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('TX-69 is refused in one plain sentence; what the author of the policy says is in log and explain, cleaned and cut', async () => {
    result = { allow: false, reason: `nó "${'no no '.repeat(60)}` };
    const answer = await world.exchange();
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(JSON.stringify(answer.body)).not.toContain('no no');
    const explanation = await world.explain();
    const says = `n? "${'no no '.repeat(60).slice(0, 196)}`;
    expect(explanation.body['needs']).toEqual([`rule exchange/match not to deny; it says: ${says}`]);
    expect(checksOf(explanation).at(-1)).toMatchObject({ check: 'policy', facts: { says } });
    const logRecord = world.logRecords().find(({ reason }) => String(reason).startsWith('n?'));
    expect(logRecord).toMatchObject({ backend: 'opa', reason: says });
  });

  it('shows no token that a policy says', async () => {
    result = { allow: false, reason: `not with ${world.token()}` };
    expect(JSON.stringify((await world.explain()).body)).not.toContain(world.token().split('.')[1]);
  });

  it('PB-03 is refused when OPA has no such decision, which is counted, and said in log, probe and explain', async () => {
    const problem = 'OPA has no document at /v1/data/exchange/match';
    const recordsOf = (message: string) => world.logRecords().filter(({ msg }) => String(msg).includes(message));
    const opaPart = async () => JSON.stringify((await world.readiness()).parts['policy:opa']);
    result = undefined;
    expect(await world.exchange()).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await world.metrics()).toContain('policy_undefined_total{backend="opa"} 1');
    expect(JSON.stringify((await world.explain()).body)).toContain(problem);
    expect(recordsOf('OPA has no such decision')).toMatchObject([
      { level: 'warn', variable: 'EXCHANGE_POLICY_OPA_URL', reason: problem },
    ]);
    expect(recordsOf('policy denied').at(-1)).toMatchObject({ client: 'gateway', backend: 'opa', reason: problem });
    const missingPart = JSON.stringify({ ready: true, degraded: true, detail: `malformed, ${problem}` });
    await until(async () => (await opaPart()) === missingPart);
    result = [{ audience: IMAGES, scopes: ['read'] }];
    expect((await world.exchange()).status).toBe(200);
    await until(async () => (await opaPart()) === '{"ready":true}');
  });

  const stock = { claim: 'downstream', audience: 'https://stock.example.com', scopes: ['read'] };
  const grantsWith = (...embed: object[]) => [{ audience: IMAGES, scopes: ['read'], embed }];

  it.each<[string, object[]]>([
    ['two in one claim', [stock, { ...stock, audience: 'https://else.example.com' }]],
    ['one in a registered claim', [{ ...stock, claim: 'act' }]],
    ['a registered claim inside', [{ ...stock, additionalClaims: { sub: 'mallory' } }]],
    ['more than 12 KiB inside', [{ ...stock, additionalClaims: { x: 'x'.repeat(12_288) } }]],
  ])('X12 is answered 503 when OPA embeds %s', async (_what, embed) => {
    result = grantsWith(...embed);
    expect(await world.exchange()).toMatchObject(UNAVAILABLE);
  });

  it('X1 embeds nothing wider than the token around it, and nothing for its own audience', async () => {
    result = grantsWith({ ...stock, scopes: ['read', 'admin'], expirationSeconds: 9000 });
    const claims = issuedClaims(await world.exchange());
    const inside = decodeJwt(String(claims['downstream']));
    expect(inside).toMatchObject({ sub: 'alice', aud: 'https://stock.example.com', scope: 'read', exp: claims['exp'] });
    result = grantsWith({ ...stock, audience: IMAGES });
    expect(await world.exchange()).toMatchObject({ status: 500, body: { error: 'server_error' } });
    expect((await world.explain()).body).toMatchObject({ verdict: 'deny', reason: 'policy_conflict' });
  });

  it('X12 is answered 503 when OPA says something else', async () => {
    result = { allow: 'yes' };
    const answer = await world.exchange();
    expect(answer).toMatchObject(UNAVAILABLE);
    expect(answer.headers.get('retry-after')).not.toBeNull();
  });

  it('shows OPA as a part that is ready', async () => {
    expect((await world.readiness()).body).toMatchObject({ status: 'ready', parts: { 'policy:opa': { ready: true } } });
  });
});

describe('an OPA that is down', () => {
  it('PB-28 PB-39 is 503, then at once, though another backend is left, shows as degraded and in the metrics, and never as unready', async () => {
    const down = await startExchangeWorld([imagesRule], {
      TOKEN_EXCHANGE_POLICIES: 'opa,json',
      EXCHANGE_POLICY_OPA_URL: 'http://127.0.0.1:9/v0/data/forgerock/exchange/match',
    });
    expect(await down.readiness()).toMatchObject({
      status: 200,
      body: { status: 'degraded' },
      parts: { 'policy:opa': { ready: true, degraded: true, detail: 'unreachable, ECONNREFUSED' } },
    });
    for (let time = 0; time < 5; time += 1) expect((await down.exchange()).status).toBe(503);
    expect(await down.metrics()).toContain('upstream_circuit_open{upstream="policy:opa"} 1');
    expect(await down.metrics()).toContain('upstream_circuit_changes_total{upstream="policy:opa",state="open"} 1');
    expect((await down.exchange()).status).toBe(503);
    expect((await down.explain()).body).toMatchObject({ verdict: 'error', reason: 'dependency_failed' });
  });
});

describe('the settings of OPA', () => {
  const start = (env: Record<string, string>) =>
    startExchangeWorld([imagesRule], { TOKEN_EXCHANGE_POLICIES: 'opa', ...env });
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it.each([
    'ftp://opa/v1/data/x',
    'http://user:pass@opa/v1/data/x',
    'http://opa/v1/policies',
    'opa',
    'http://opa/v1/data/x#y',
  ])('S11 have a URL of a decision: not %s', async (url) => {
    await expect(start({ EXCHANGE_POLICY_OPA_URL: url })).rejects.toThrow('EXCHANGE_POLICY_OPA_URL');
  });

  it('S11 name the file that cannot be used, and never what is in it', async () => {
    const token = file('bad-token', 'two words-of-a-secret');
    const error: unknown = await start({ EXCHANGE_POLICY_OPA_TOKEN_FILE: token }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain('EXCHANGE_POLICY_OPA_TOKEN_FILE');
    expect(String(error)).not.toContain('secret');
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    for (const text of ['no certificate', pem]) {
      const ca = file('bad-ca.pem', text);
      await expect(start({ EXCHANGE_POLICY_OPA_CA_FILE: ca })).rejects.toThrow('EXCHANGE_POLICY_OPA_CA_FILE');
    }
  });
});
