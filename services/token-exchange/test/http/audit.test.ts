import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { verifyAuditLog } from '@mandate/service-kit';
import { TEST_START, testDirectory, until } from '@mandate/testing';
import {
  type Claims,
  type ExchangeWorld,
  type FormFields,
  identifierOf,
  IMAGES,
  imagesRule,
  issuedClaims,
  issuedToken,
  OWN,
  startExchangeWorld,
  UNAVAILABLE,
  USERS,
} from './exchange-world.js';

const world = await startExchangeWorld();
const consent = (world: ExchangeWorld, sub = 'bob'): FormFields => ({
  subject_token: world.token({ may_act: { sub } }),
});

describe('the decision log', () => {
  /** The audit events of what `ask` asked for. */
  async function eventsOf(ask: () => Promise<unknown>): Promise<Claims[]> {
    const before = world.events().length;
    await ask();
    return world.events().slice(before);
  }

  it('TX-62 has one event per permit: who, for whom, where, what for, by which rule, and what was issued', async () => {
    let answer = {} as Awaited<ReturnType<ExchangeWorld['exchange']>>;
    const act = { sub: 'carol', act: { iss: USERS, sub: 'dave' } };
    const subject_token = world.token({ may_act: { sub: 'bob' }, act });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const events = await eventsOf(async () => {
      const fields = { subject_token, ...world.actorFields(), scope: 'read' };
      answer = await world.exchange(fields, { traceparent });
    });
    const { jti, anc } = issuedClaims(answer);
    expect(events).toEqual([
      {
        event: 'exchange',
        time: new Date(TEST_START * 1000).toISOString(),
        transactionId: answer.headers.get('x-forgerock-transactionid'),
        traceId: '0af7651916cd43dd8448eb211c80319c',
        origin: 'token_exchange',
        client: 'gateway',
        subject: { iss: USERS, sub: 'alice' },
        actor: { iss: USERS, sub: 'bob' },
        chain: [{ sub: 'carol' }, { iss: USERS, sub: 'dave' }],
        targets: [`${IMAGES}/photos`],
        scopes: ['read'],
        grantedScopes: ['read'],
        backend: 'json',
        rule: 'images',
        verdict: 'permit',
        jti,
        anc,
        latencyMs: expect.any(Number),
        writer: expect.any(String),
        seq: expect.any(Number),
        prev: events[0]?.['seq'] === 1 ? null : expect.any(String),
        hash: expect.any(String),
      },
    ]);
  });

  it('S5 names an issued token in the log as events name it that it is an ancestor in', async () => {
    const answer = await world.exchange();
    const tokenId = identifierOf(issuedClaims(answer));
    expect(world.logRecords().findLast(({ msg }) => msg === 'token issued')).toMatchObject({ tokenId });
    const [event] = await eventsOf(() => world.exchange({ subject_token: issuedToken(answer) }));
    expect(event?.['anc']).toContain(tokenId);
  });

  it('TX-62 has one event per refusal, with its reason and nothing issued', async () => {
    const events = await eventsOf(() => world.exchange({ ...consent(world, 'carol'), ...world.actorFields() }));
    expect(events).toMatchObject([
      {
        event: 'exchange',
        verdict: 'deny',
        reason: 'may_act_mismatch',
        client: 'gateway',
        subject: { iss: USERS, sub: 'alice' },
        actor: { iss: USERS, sub: 'bob' },
      },
    ]);
    for (const member of ['jti', 'anc', 'grantedScopes']) expect(events[0]).not.toHaveProperty(member);
  });

  it.each([
    ['subject_token', 'expired', world.token({ exp: TEST_START - 31 })],
    ['subject_token', 'unknown_issuer', world.token({ iss: 'https://unknown.example.com' })],
    ['subject_token', 'bad_signature', world.token().replace(/.{8}$/, 'AAAAAAAA')],
    ['actor_token', 'no_subject', world.token({ sub: undefined })],
  ])('says of a %s that is invalid why: %s, as the log does', async (side, cause, token) => {
    const fields = { ...consent(world), ...world.actorFields(), [side]: token };
    const events = await eventsOf(() => world.exchange(fields));
    expect(events).toMatchObject([{ verdict: 'deny', reason: `${side}_invalid`, cause }]);
    const refusal = world.logRecords().findLast(({ msg }) => msg === 'refused');
    expect(refusal).toMatchObject({ detail: `${side}_invalid: ${cause}` });
  });

  it('names the client as the actor where there is no actor token', async () => {
    const events = await eventsOf(() => world.exchange());
    expect(events).toMatchObject([{ verdict: 'permit', actor: { iss: OWN, sub: 'gateway' } }]);
  });

  it('has an event for every explanation too, without identifiers of a token that was never issued', async () => {
    const events = await eventsOf(() => world.explain({ ...consent(world), ...world.actorFields() }));
    expect(events).toMatchObject([{ event: 'explain', verdict: 'permit', grantedScopes: ['read', 'write'] }]);
    expect(events[0]).not.toHaveProperty('jti');
    expect(events[0]).not.toHaveProperty('anc');
  });

  it('S5 TX-62 has no token, no secret and no claim but identities', async () => {
    const tokens: FormFields = {
      subject_token: world.token({ may_act: { sub: 'bob' }, email: 'alice@example.com', password: 'hunter2' }),
      ...world.actorFields({ email: 'bob@example.com' }),
    };
    let token = '';
    const events = await eventsOf(async () => {
      token = issuedToken(await world.exchange(tokens));
      await world.exchange({ ...tokens, scope: 'admin' });
      await world.explain(tokens);
    });
    expect(events).toHaveLength(3);
    const text = JSON.stringify(events);
    for (const part of [tokens['subject_token'], tokens['actor_token'], token].join('.').split('.')) {
      expect(text).not.toContain(part);
    }
    for (const canary of ['@example.com', 'hunter2', 'gateway-secret']) expect(text).not.toContain(canary);
  });

  it('is one unbroken chain', async () => {
    await Promise.all(Array.from({ length: 10 }, () => world.exchange()));
    const verdict = await verifyAuditLog(world.logLines, { mixed: true });
    expect(verdict).toMatchObject({ ok: true, problems: [], writers: [{}] });
    expect(verdict.events).toBeGreaterThanOrEqual(10);
  });

  it('has no event for a caller that is not let in: nothing was decided', async () => {
    expect(await eventsOf(() => world.exchange({}, { authorization: '' }))).toEqual([]);
  });
});

describe('a dependency that fails', () => {
  it('is an event with the verdict error', async () => {
    const other = await startExchangeWorld([imagesRule], {
      ISSUER_JWK_STORE: 'openid',
      ISSUER_JWK_OPENID_URL: 'http://127.0.0.1:9',
    });
    const answer = await other.exchange({ subject_token: other.token({ iss: 'http://127.0.0.1:9' }) });
    expect(answer.status).toBe(503);
    expect(other.events()).toMatchObject([{ verdict: 'error', reason: 'dependency_failed', client: 'gateway' }]);
  });
});

describe('an audit that cannot be written', () => {
  const FULL = { AUDIT_SINK: 'file', AUDIT_FILE: '/dev/full' };

  it('with AUDIT_REQUIRED=true answers 503 to every decision, and issues nothing', async () => {
    const world = await startExchangeWorld([imagesRule], { ...FULL, AUDIT_REQUIRED: 'true' });
    const refusal = { ...consent(world, 'carol'), ...world.actorFields() };
    for (const answer of [await world.exchange(), await world.exchange(refusal), await world.explain()]) {
      expect(answer).toMatchObject(UNAVAILABLE);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.body).not.toHaveProperty('access_token');
    }
    expect(await world.metrics()).toContain('audit_failures_total{failure="overloaded"} 3');
    expect((await world.readiness()).status).toBe(503);
  });

  it('otherwise is counted, and exchanges go on', async () => {
    const world = await startExchangeWorld([imagesRule], FULL);
    expect((await world.exchange()).status).toBe(200);
    expect((await world.exchange()).status).toBe(200);
    // An exchange that goes on does not wait for its event.
    await until(async () => (await world.metrics()).includes('audit_failures_total{failure="overloaded"} 2'));
  });
});

describe('with AUDIT_SINK=file', () => {
  it('the events stand in that file before the answer, and a stop closes the chain', async () => {
    const file = join(testDirectory(), 'audit.log');
    const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
    const env = { AUDIT_SINK: 'file', AUDIT_FILE: file, AUDIT_REQUIRED: 'true' };
    const world = await startExchangeWorld([imagesRule], env);
    for (let count = 1; count <= 3; count++) {
      await world.exchange();
      expect(lines()).toHaveLength(count);
    }
    await world.close();
    expect(await verifyAuditLog(lines())).toMatchObject({ ok: true, events: 4, problems: [], warnings: [] });
  });
});
