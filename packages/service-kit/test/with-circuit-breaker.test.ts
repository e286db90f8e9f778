import { describe, expect, it } from '@jest/globals';
import { type HttpClient, type HttpResponse, UpstreamError, type UpstreamFailure } from '@mandate/ports';
import { createUpstream } from '../src/outbound/create-upstream.js';
import { type Circuit, createCircuitBreaker } from '../src/outbound/circuit-breaker.js';
import { withCircuitBreaker } from '../src/outbound/with-circuit-breaker.js';
import { createLogger } from '../src/observe/logger.js';
import { createMetrics } from '../src/observe/prometheus-metrics.js';

const HALF_OPEN_AFTER_MS = 2000;
const request = { method: 'POST', url: 'http://upstream/decide' } as const;

/** A client that fails in the way it is told to, or answers with a status. */
function fragileClient() {
  const state: { failure: UpstreamFailure | Error | undefined; status: number; calls: number; wait: Promise<void> } = {
    failure: 'unreachable',
    status: 200,
    calls: 0,
    wait: Promise.resolve(),
  };
  const http: HttpClient = {
    async send() {
      state.calls += 1;
      await state.wait;
      if (state.failure instanceof Error) throw state.failure;
      if (state.failure !== undefined) throw new UpstreamError('fragile', state.failure, 'as told');
      return { status: state.status, headers: {}, body: '' } satisfies HttpResponse;
    },
  };
  return { state, http };
}

function world() {
  const { state, http } = fragileClient();
  const changes: Circuit[] = [];
  let now = 0;
  const breaker = createCircuitBreaker({
    name: 'policy:x',
    failures: 3,
    halfOpenAfterMs: HALF_OPEN_AFTER_MS,
    elapsedMs: () => now,
    onChange: (circuit) => changes.push(circuit),
  });
  const guardedHttp = withCircuitBreaker(http, breaker);
  const ask = (signal?: AbortSignal) =>
    guardedHttp.send({ ...request, ...(signal && { signal }) }).then(
      ({ status }) => status,
      (error: unknown) => (error instanceof UpstreamError ? error.message : error),
    );
  const fail = async (times: number) => {
    for (let time = 0; time < times; time += 1) await ask();
  };
  const pass = (milliseconds: number): void => void (now += milliseconds);
  return { state, breaker, changes, ask, fail, pass };
}

describe('withCircuitBreaker', () => {
  it('PB-28 opens after failures in a row, then fails without asking and without an answer of its own', async () => {
    const { state, breaker, ask, fail } = world();
    expect(await ask()).toBe('fragile: unreachable');
    await fail(2);
    expect(breaker.circuit()).toBe('open');
    expect(await ask()).toBe('policy:x: overloaded');
    await fail(100);
    expect(state.calls).toBe(3);
  });

  it('PB-28 tries one request after a while, and closes when it is answered', async () => {
    const { state, changes, breaker, ask, fail, pass } = world();
    await fail(3);
    pass(HALF_OPEN_AFTER_MS);
    let release = (): void => undefined;
    const wait = new Promise<void>((resolve) => (release = resolve));
    Object.assign(state, { failure: undefined, held: wait });
    const trial = ask();
    expect(await Promise.all([ask(), ask()])).toEqual(['policy:x: overloaded', 'policy:x: overloaded']);
    release();
    expect(await trial).toBe(200);
    expect(state.calls).toBe(4);
    expect([breaker.circuit(), await ask()]).toEqual(['closed', 200]);
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('PB-28 stays open for another while when the trial fails: one trial in two seconds', async () => {
    const { state, changes, ask, fail, pass } = world();
    await fail(3);
    pass(HALF_OPEN_AFTER_MS);
    expect(await ask()).toBe('fragile: unreachable');
    pass(HALF_OPEN_AFTER_MS - 1);
    expect(await ask()).toBe('policy:x: overloaded');
    expect(state.calls).toBe(4);
    expect(changes).toEqual(['open', 'half-open', 'open']);
  });

  it('stays open when the caller of the trial went away', async () => {
    const { breaker, ask, fail, pass } = world();
    await fail(3);
    pass(HALF_OPEN_AFTER_MS);
    await ask(AbortSignal.abort());
    expect(breaker.circuit()).toBe('open');
  });

  it.each<UpstreamFailure>(['unreachable', 'timeout', 'overloaded'])('counts a failure %s', async (failure) => {
    const { state, breaker, fail } = world();
    state.failure = failure;
    await fail(3);
    expect(breaker.circuit()).toBe('open');
  });

  it.each([429, 502, 503, 504])('counts status %i, and passes it on as it is', async (status) => {
    const { state, breaker, ask, fail } = world();
    Object.assign(state, { failure: undefined, status });
    expect(await ask()).toBe(status);
    await fail(2);
    expect(breaker.circuit()).toBe('open');
  });

  it.each<UpstreamFailure>(['malformed', 'too_large', 'refused'])(
    'does not let one odd answer close it to all others: %s',
    async (failure) => {
      const { state, breaker, fail } = world();
      state.failure = failure;
      await fail(10);
      expect([breaker.circuit(), state.calls]).toEqual(['closed', 10]);
    },
  );

  it.each([200, 400, 401, 403, 404, 500])('does not count status %i, which somebody could provoke', async (status) => {
    const { state, breaker, fail } = world();
    Object.assign(state, { failure: undefined, status });
    await fail(10);
    expect([breaker.circuit(), state.calls]).toEqual(['closed', 10]);
  });

  it('does not count a fault of our own, nor callers that went away', async () => {
    const { state, breaker, ask } = world();
    for (let time = 0; time < 5; time += 1) await ask(AbortSignal.abort());
    const fault = new TypeError('a bug');
    state.failure = fault;
    for (let time = 0; time < 5; time += 1) expect(await ask()).toBe(fault);
    expect(breaker.circuit()).toBe('closed');
  });

  it('learns nothing from requests that began before it opened', async () => {
    const { state, breaker, ask, fail, pass } = world();
    const releases: (() => void)[] = [];
    const begin = (): Promise<unknown> => {
      state.wait = new Promise((resolve) => releases.push(resolve));
      return ask();
    };
    const firstSeconds = [begin(), begin(), begin(), begin()];
    state.wait = Promise.resolve();
    await fail(3);
    pass(HALF_OPEN_AFTER_MS - 1);
    for (const release of releases) release();
    await Promise.all(firstSeconds);
    expect(breaker.circuit()).toBe('open');
    pass(1);
    state.failure = undefined;
    expect([await ask(), breaker.circuit()]).toEqual([200, 'closed']);
  });

  it('forgets failures when a request is answered', async () => {
    const { state, breaker, ask, fail } = world();
    await fail(2);
    state.failure = undefined;
    await ask();
    state.failure = 'timeout';
    await fail(2);
    expect(breaker.circuit()).toBe('closed');
  });
});

describe('an upstream', () => {
  it('shows each circuit in metrics and the log, and in readiness without ever being unready', async () => {
    const metrics = createMetrics({ defaults: false });
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', service: 'test', destination: { write: (line) => lines.push(line) } });
    const { state, http } = fragileClient();
    const upstream = createUpstream({ name: 'policy:x', http }, { metrics, logger });
    const otherUpstream = createUpstream({ name: 'sessions:y', http }, { metrics, logger });
    const status = (check?: () => Promise<void>) => upstream.part(check).status();

    state.failure = undefined;
    await upstream.http.send(request);
    expect(await status()).toEqual({ ready: true });
    expect(await status(() => Promise.reject(new UpstreamError('x', 'unreachable', 'ECONNREFUSED')))).toEqual({
      ready: true,
      degraded: true,
      detail: 'unreachable, ECONNREFUSED',
    });

    state.failure = 'timeout';
    for (let time = 0; time < 5; time += 1) await upstream.http.send(request).catch(() => undefined);
    expect(await status(() => Promise.reject(new Error('not asked')))).toEqual({
      ready: true,
      degraded: true,
      detail: 'circuit open',
    });
    expect(await otherUpstream.part().status()).toEqual({ ready: true });
    const { body } = await metrics.render();
    expect(body).toContain('upstream_circuit_open{upstream="policy:x"} 1');
    expect(body).toContain('upstream_circuit_open{upstream="sessions:y"} 0');
    expect(body).toContain('upstream_circuit_changes_total{upstream="policy:x",state="open"} 1');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { dependency: 'policy:x', outcome: 'open', level: 'warn' },
    ]);
  });
});
