import { beforeEach, describe, expect, it } from '@jest/globals';
import { type AuditEvent, type AuditSink, verifyAuditLog } from '@mandate/service-kit';
import { closeAfterEach } from '../close-after-each.js';
import { TEST_START } from '../fixed-clock.js';

/** A sink, and what has been written to it so far. */
export interface OpenedAuditSink {
  sink: AuditSink;
  /** The lines without their line feeds. */
  lines(): string[] | Promise<string[]>;
}

/** A permitted exchange: alice's token, bob acting. */
export const auditEvent: AuditEvent = {
  event: 'exchange',
  time: TEST_START,
  transactionId: '5f4c9f7e-2d5e-4c86-9d3e-0f6d0b1c2a3b',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  client: 'gateway',
  subject: { iss: 'https://users.example.com', sub: 'alice' },
  actor: { iss: 'https://users.example.com', sub: 'bob' },
  chain: [{ sub: 'carol' }, { iss: 'https://users.example.com', sub: 'dave' }],
  targets: ['https://images.example.com/photos'],
  scopes: ['read', 'write'],
  grantedScopes: ['read'],
  backend: 'json',
  rule: 'images',
  verdict: 'permit',
  jti: 'a2f6c1de-8c0b-4c53-9a3e-52c7b4b7f6a1',
  anc: ['sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', 'second'],
  latencyMs: 3,
};

const JWT = `eyJhbGciOiJFUzI1NiJ9.${Buffer.from('{"sub":"alice"}').toString('base64url')}.c2lnbmF0dXJl`;

/** What every `AuditSink` promises. `open` makes one that has written nothing yet; the suite closes it. */
export function describeAuditSinkContract(name: string, open: () => OpenedAuditSink | Promise<OpenedAuditSink>): void {
  describe(`AuditSink contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let audit: OpenedAuditSink;
    beforeEach(async () => {
      audit = await open();
      closeLater(audit.sink);
    });
    const events = async () => (await audit.lines()).map((line) => JSON.parse(line) as Record<string, unknown>);

    it('has written an event when record resolves, whole', async () => {
      await audit.sink.record(auditEvent);
      const { time, ...members } = auditEvent;
      expect(await events()).toEqual([
        {
          ...members,
          time: new Date(time * 1000).toISOString(),
          writer: expect.any(String),
          seq: 1,
          prev: null,
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ]);
    });

    it('writes events in the order they were handed in, each tied to the one before', async () => {
      const clients = Array.from({ length: 50 }, (_, index) => `client-${index}`);
      await Promise.all(clients.map((client) => audit.sink.record({ ...auditEvent, client })));
      expect((await events()).map(({ client }) => client)).toEqual(clients);
      expect(await verifyAuditLog(await audit.lines())).toMatchObject({ ok: true, events: 50, problems: [] });
    });

    it('ends the chain with a closing event, once', async () => {
      await audit.sink.record(auditEvent);
      await audit.sink.close?.();
      await audit.sink.close?.();
      expect((await events()).map(({ event }) => event)).toEqual(['exchange', 'closed']);
      const verdict = await verifyAuditLog(await audit.lines());
      expect(verdict).toMatchObject({ ok: true, warnings: [], writers: [{ events: 2, closed: true }] });
    });

    it('writes what waits before that', async () => {
      const records = Array.from({ length: 600 }, () => audit.sink.record(auditEvent));
      await audit.sink.close?.();
      await Promise.all(records);
      expect(await verifyAuditLog(await audit.lines())).toMatchObject({ ok: true, events: 601, warnings: [] });
    });

    it('records nothing after that', async () => {
      await audit.sink.record(auditEvent);
      await audit.sink.close?.();
      await expect(audit.sink.record(auditEvent)).rejects.toMatchObject({ name: 'UpstreamError', dependency: 'audit' });
      expect(await audit.lines()).toHaveLength(2);
    });

    it('refuses at once what it has no room for, and the event after it says how many, in their place', async () => {
      const large = { ...auditEvent, targets: Array.from({ length: 4096 }, () => 'x '.repeat(256)) };
      const outcomes = await Promise.allSettled([
        audit.sink.record(auditEvent),
        ...Array.from({ length: 8 }, () => audit.sink.record(large)),
        audit.sink.record({ ...auditEvent, client: 'after' }),
      ]);
      const refusals = outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .map(({ reason }) => reason as unknown);
      expect(refusals.length).toBeGreaterThan(2);
      for (const reason of refusals) expect(reason).toMatchObject({ dependency: 'audit', failure: 'overloaded' });
      const lines = await events();
      expect(lines).toHaveLength(outcomes.length - refusals.length);
      const lastLine = { client: 'after', seq: outcomes.length, lost: refusals.length };
      expect(lines.map(({ client, seq, lost }) => ({ client, seq, lost })).at(-1)).toEqual(lastLine);
      expect(await verifyAuditLog(await audit.lines())).toMatchObject({ ok: true, problems: [] });
    });

    it('writes nothing at all where nothing was recorded', async () => {
      await audit.sink.check?.();
      await audit.sink.close?.();
      expect(await audit.lines()).toEqual([]);
    });

    it('S5 writes no other member than those of an event, and nothing that looks like a token', async () => {
      const taintedEvent = {
        ...auditEvent,
        client: JWT,
        subject: { iss: JWT, sub: JWT, claims: { token: JWT } },
        chain: [{ sub: JWT, secret: 'hunter2' }],
        targets: [`https://images.example.com?token=${JWT}`],
        anc: [JWT],
        reason: JWT,
        token: JWT,
        claims: { password: 'hunter2' },
      };
      await audit.sink.record(taintedEvent);
      const [line = ''] = await audit.lines();
      for (const canary of [JWT, JWT.split('.')[1] ?? '', 'hunter2']) expect(line).not.toContain(canary);
    });

    it('S5 tells apart what looks like tokens: nobody is nobody by the name that they have', async () => {
      for (const end of ['1', '2']) {
        const [sub, target] = [`eyJ${'x'.repeat(20)}${end}`, `urn:${'x'.repeat(60)}${end}`];
        await audit.sink.record({
          ...auditEvent,
          actor: { iss: 'i', sub },
          chain: [{ sub }],
          client: sub,
          targets: [target],
        });
      }
      const [one = {}, two = {}] = await events();
      for (const member of ['actor', 'chain', 'client', 'targets']) expect(one[member]).not.toEqual(two[member]);
    });

    it('T21 keeps an event one line, whatever stands in it, and tells long names apart', async () => {
      const names = ['a\r\nb', '\u2028\u2029\u0085', '\ud800', '\0', `${'x'.repeat(5000)}1`, `${'x'.repeat(5000)}2`];
      for (const sub of names) await audit.sink.record({ ...auditEvent, subject: { iss: 'i', sub } });
      const subjects = (await events()).map(({ subject }) => (subject as { sub: string }).sub);
      expect(new Set(subjects).size).toBe(names.length);
      expect(await verifyAuditLog(await audit.lines())).toMatchObject({ ok: true, events: names.length });
    });
  });
}
