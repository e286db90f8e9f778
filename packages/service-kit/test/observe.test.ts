import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, type LogFields } from '@mandate/service-kit';
import fc from 'fast-check';
import { PRODUCT_VARIABLES } from '../src/config/product-variables.js';

const JWT = `eyJhbGciOiJFUzI1NiJ9.${Buffer.from('{"sub":"alice"}').toString('base64url')}.c2lnbmF0dXJl`;
const KEY = 'ZWNhbmFyeS1zZWNyZXQta2V5LW1hdGVyaWFsLTAwMDAwMDAw';

function logOnce(fields: LogFields | Record<string, unknown>, event = 'event') {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', service: 'test', destination: { write: (line) => lines.push(line) } });
  logger.info(event, fields);
  return { line: lines.join(''), record: JSON.parse(lines[0] ?? '{}') as Record<string, unknown> };
}

describe('createLogger', () => {
  it('S5 writes known fields with scalar values and nothing else', () => {
    const { record } = logOnce({ client: 'c1', status: 200, token: 'x', body: { a: 1 }, reason: { nested: 'x' } });
    expect(record).toMatchObject({ level: 'info', service: 'test', msg: 'event', client: 'c1', status: 200 });
    expect(Object.keys(record).sort()).toEqual(['client', 'level', 'msg', 'service', 'status', 'time']);
  });

  it('S5 replaces what looks like a token or a key, wherever it stands', () => {
    const error = Object.assign(new Error(JWT), { code: KEY });
    error.name = JWT;
    const { line } = logOnce({ client: JWT, detail: `key ${KEY} end`, err: error }, `event ${JWT}`);
    for (const canary of [JWT, JWT.split('.')[1] ?? '', KEY]) expect(line).not.toContain(canary);
  });

  it.each([0, 100, 4020, 4060, 4090])(
    'S5 shows no start of a token that stands where a value is cut, at %i',
    (place) => {
      const detail = `${'ab '.repeat(place / 3)}${JWT.repeat(9)}`;
      expect(logOnce({ detail }).line).not.toContain(JWT.slice(0, 19));
    },
  );

  it('S5 takes out the shortest start of a token, and the shortest run that may be a secret', () => {
    const details = [`eyJ${'a'.repeat(16)}`, `eyJ${'a'.repeat(15)}`, KEY.slice(0, 40), KEY.slice(0, 39)];
    expect(details.map((detail) => logOnce({ detail }).record['detail'])).toEqual([
      '[token]',
      details[1],
      '[redacted]',
      details[3],
    ]);
  });

  it('keeps the name of every variable readable, in a setting as well', () => {
    const longest = PRODUCT_VARIABLES.filter((name) => name.length >= 40);
    expect(longest).toContain('EXCHANGE_OPENAM_POLICY_COPY_ADDITIONAL_ATTR');
    for (const name of PRODUCT_VARIABLES) {
      const variables = `${name}, ${name}_FILE, ${name}=1`;
      expect(logOnce({ variables, variable: name }).record).toMatchObject({ variables, variable: name });
    }
  });

  it('keeps the identifier of a token as the audit has it, and no other run of its length', () => {
    const digest = createHash('sha256').update('issuer\njti').digest('base64url');
    const detail = `sha512:${digest} sha256:${digest}x ${digest}`;
    expect(logOnce({ tokenId: `sha256:${digest}`, detail }).record).toMatchObject({
      tokenId: `sha256:${digest}`,
      detail: 'sha512:[redacted] sha256:[redacted] [redacted]',
    });
  });

  it('keeps paths, UUIDs and host names readable', () => {
    const detail =
      '/etc/mandate/policies/production/current/policy.json a2f6c1de-8c0b-4c53-9a3e-52c7b4b7f6a1 a.b.example.com';
    expect(logOnce({ detail }).record['detail']).toBe(detail);
  });

  it('S5 reduces an error to class, code and frames without its message', () => {
    const error = Object.assign(new TypeError('hunter2\n    at hunter2'), { code: 'EX', config: { data: 'hunter2' } });
    const { line, record } = logOnce({ err: error });
    expect(record).toMatchObject({ errorClass: 'TypeError', errorCode: 'EX' });
    expect(record['frames']).toContain('observe.test');
    expect(line).not.toContain('hunter2');
  });

  it('logs a thrown value that is no error by its type only', () => {
    const { line, record } = logOnce({ err: 'hunter2' });
    expect(record['errorClass']).toBe('string');
    expect(line).not.toContain('hunter2');
  });

  it('T21 stays one line of JSON for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (client) => {
        const { line } = logOnce({ client });
        expect(line.trimEnd().includes('\n')).toBe(false);
      }),
    );
  });

  it('cuts long values', () => {
    expect(String(logOnce({ detail: 'ab '.repeat(5000) }).record['detail']).length).toBeLessThanOrEqual(4096);
  });

  it('adds the fields of a child to its lines', () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', service: 'test', destination: { write: (line) => lines.push(line) } });
    logger.child({ transactionId: 't1' }).child({ client: 'c' }).warn('x', { status: 1 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', transactionId: 't1', client: 'c', status: 1 });
    logger.debug('not at this level');
    expect(lines).toHaveLength(1);
  });
});

describe('createMetrics', () => {
  it('S9 tells how long the event loop was held up', async () => {
    expect((await createMetrics().render()).body).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });

  it('S6 counts a label value outside its set as other', async () => {
    const metrics = createMetrics({ defaults: false });
    const counter = metrics.counter({ name: 'things_total', help: 'h', labels: { reason: ['a'] } });
    counter.increment({ reason: 'a' });
    counter.increment({ reason: 'evil"} 1\n' }, 2);
    const { body, contentType } = await metrics.render();
    expect(body).toContain('things_total{reason="a"} 1');
    expect(body).toContain('things_total{reason="other"} 2');
    expect(body).not.toContain('evil');
    expect(contentType).toContain('text/plain');
  });

  it('starts the series of a counter at 0 where they are few, so that a first failure is a rise', async () => {
    const metrics = createMetrics({ defaults: false });
    metrics.counter({ name: 'few_total', help: 'h', labels: { part: ['a'], outcome: ['success', 'failure'] } });
    const reasons = Array.from({ length: 21 }, (_, index) => `reason ${index}`);
    metrics.counter({ name: 'many_total', help: 'h', labels: { reason: reasons } });
    const { body } = await metrics.render();
    expect(body).toContain('few_total{part="a",outcome="failure"} 0');
    expect(body).not.toContain('many_total{');
  });

  it('returns the same metric for the same name, its label values united', async () => {
    const metrics = createMetrics({ defaults: false });
    metrics.counter({ name: 'n_total', help: 'h', labels: { v: ['a'] } }).increment({ v: 'a' });
    metrics.counter({ name: 'n_total', help: 'h', labels: { v: ['b'] } }).increment({ v: 'b' });
    const { body } = await metrics.render();
    expect(body).toContain('n_total{v="a"} 1');
    expect(body).toContain('n_total{v="b"} 1');
  });

  it('refuses other labels under the same name where they are asked for, not when it is scraped', () => {
    const metrics = createMetrics({ defaults: false });
    metrics.counter({ name: 'n_total', help: 'h', labels: { v: ['a'] } });
    expect(() => metrics.counter({ name: 'n_total', help: 'h', labels: { v: ['a'], w: ['b'] } })).toThrow(TypeError);
  });

  it('counts each observation once, however many there are between two scrapes', async () => {
    const metrics = createMetrics({ defaults: false });
    const duration = metrics.histogram({ name: 'd_seconds', help: 'h', labels: { v: ['a'] } });
    for (let count = 0; count < 250; count++) duration.observe({ v: 'a' }, 0.5);
    for (const total of [250, 251]) {
      expect((await metrics.render()).body).toContain(`d_seconds_count{v="a"} ${total}`);
      duration.observe({ v: 'a' }, 0.5);
    }
  });

  it('is scraped again after a value that is none', async () => {
    const metrics = createMetrics({ defaults: false });
    const counter = metrics.counter({ name: 'n_total', help: 'h', labels: {} });
    const duration = metrics.histogram({ name: 'd_seconds', help: 'h', labels: {} });
    counter.increment({}, -1);
    duration.observe({}, NaN);
    await expect(metrics.render()).rejects.toThrow();
    counter.increment({});
    expect((await metrics.render().catch(() => metrics.render())).body).toContain('n_total 1');
  });

  it('reads gauges at scrape time, times durations, and keeps processes apart', async () => {
    const metrics = createMetrics({ defaults: false });
    let level = 1;
    metrics.gauge({ name: 'level', help: 'h', read: () => level });
    const duration = metrics.histogram({ name: 'd_seconds', help: 'h', labels: {}, buckets: [0.1, 1] });
    duration.observe({}, 0.5);
    level = 7;
    const { body } = await metrics.render();
    expect(body).toContain('level 7');
    expect(body).toContain('d_seconds_bucket{le="0.1"} 0');
    expect(body).toContain('d_seconds_bucket{le="1"} 1');
    expect((await createMetrics({ defaults: false }).render()).body).not.toContain('level');
  });

  it('has the metrics of Node by default', async () => {
    expect((await createMetrics().render()).body).toContain('process_cpu_seconds_total');
  });
});
