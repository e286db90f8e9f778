import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@mandate/testing';

interface Demo {
  child: ChildProcess;
  lines: () => Record<string, unknown>[];
  output: () => string;
  url: string;
  exitCode: Promise<number | null>;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function spawnDemo(env: Record<string, string>, args: readonly string[] = []): Demo {
  const main = new URL('./process-main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=mandate-source', main, ...args], {
    env: { PATH: process.env['PATH'], PORT: '0', MANAGEMENT_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = () => parseLines(output);
  const exitCode = once(child, 'exit').then(([code]) => code as number | null);
  return { child, lines, output: () => output, url: '', exitCode };
}

function parseLines(output: string): Record<string, unknown>[] {
  const complete = output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return complete.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function startDemo(env: Record<string, string>): Promise<Demo> {
  const demo = spawnDemo(env);
  await until(() => demo.lines().some(({ msg }) => msg === 'ready'), { deadlineSeconds: 90 });
  const port = demo.lines().find(({ msg }) => msg === 'ready')?.['port'];
  return { ...demo, url: `http://127.0.0.1:${String(port)}` };
}

/** One request on a given agent: its status, its Connection header, or the error code. */
function ask(url: string, agent: Agent): Promise<{ status: number; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
      );
    }).once('error', reject);
  });
}

describe('a process', () => {
  it('S10 drains on SIGTERM: not ready, Connection: close, requests in flight finish, exit 0', async () => {
    const { child, url, exitCode, lines } = await startDemo({ SHUTDOWN_DRAIN_SECONDS: '20' });
    const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await ask(`${url}/readyz`, keepAlive)).status).toBe(200);
    child.kill('SIGTERM');
    await until(() => lines().some(({ msg }) => msg === 'draining'));
    expect(await ask(`${url}/readyz`, keepAlive)).toEqual({ status: 503, connection: 'close' });
    expect((await ask(`${url}/livez`, new Agent())).status).toBe(200);
    const inFlight = ask(`${url}/slow`, new Agent());
    await until(() => lines().some(({ msg }) => msg === 'slow'));
    child.kill('SIGTERM');
    expect(await inFlight).toEqual({ status: 200, connection: 'close' });
    expect(await exitCode).toBe(0);
  });

  it('writes JSON lines and nothing else, whatever a library prints and Node warns of, and not its text', async () => {
    const { url, lines, output } = await startDemo({});
    await ask(`${url}/print`, new Agent());
    await until(() => lines().some(({ msg }) => msg === 'process warning'));
    const consoleLine = lines().find(({ msg }) => msg === 'a library wrote to the console');
    expect(String(consoleLine?.['frames'])).toContain('process-main');
    expect(output()).not.toContain('hunter2');
    for (const line of output().trim().split('\n')) expect(line).toMatch(/^\{.*\}$/);
  });

  it('S10 closes the connection of a request that began before SIGTERM and ends after the drain', async () => {
    const { child, url, exitCode, lines } = await startDemo({ SHUTDOWN_DRAIN_SECONDS: '0' });
    const keepAlive = new Agent({ keepAlive: true });
    const inFlight = ask(`${url}/slow`, keepAlive);
    await until(() => lines().some(({ msg }) => msg === 'slow'));
    const signalledAt = performance.now();
    child.kill('SIGTERM');
    expect(await inFlight).toEqual({ status: 200, connection: 'close' });
    expect(await exitCode).toBe(0);
    // Not at the deadline of 23 seconds, when what is left is cut.
    expect(performance.now() - signalledAt).toBeLessThan(15_000);
  });

  it('S10 loses no request of keep-alive clients while it stops', async () => {
    const { child, url, exitCode } = await startDemo({ SHUTDOWN_DRAIN_SECONDS: '20' });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    let answers = 0;
    let isDraining = false;
    const failures: unknown[] = [];
    const client = async (): Promise<void> => {
      for (;;) {
        const status = await ask(`${url}/livez`, agent).then(
          (answer) => answer.status,
          (error: unknown) => error,
        );
        if (status === 200) answers++;
        else failures.push(status);
        // A balancer stops sending once readiness turned, well within the drain delay.
        if (isDraining && (await ask(`${url}/readyz`, agent)).status === 503) return;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await until(() => answers > 50);
    child.kill('SIGTERM');
    isDraining = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    // All have gone: it need not wait for the rest of its drain.
    child.kill('SIGTERM');
    expect(await exitCode).toBe(0);
  });

  it('S10 hurries at a second SIGTERM', async () => {
    const { child, exitCode, lines } = await startDemo({ SHUTDOWN_DRAIN_SECONDS: '20' });
    child.kill('SIGTERM');
    await until(() => lines().some(({ msg }) => msg === 'draining'));
    const start = performance.now();
    child.kill('SIGTERM');
    expect(await exitCode).toBe(0);
    // Long before the twenty seconds of its drain are over.
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('H2 has no __proto__ by which an object reaches its prototype', async () => {
    const { url } = await startDemo({});
    expect(await (await fetch(`${url}/proto`)).json()).toEqual({ reachable: false });
  });

  it.each(['/crash', '/reject'])('S8 logs an uncaught error once and exits 1 after %s', async (path) => {
    const { url, exitCode, lines, output } = await startDemo({});
    await ask(url + path, new Agent()).catch(() => undefined);
    expect(await exitCode).toBe(1);
    expect(lines().filter(({ msg }) => msg === 'fatal error')).toHaveLength(1);
    expect(output()).not.toContain('hunter2');
  });

  it('S11 names every offending variable in one line, never a value, and exits 78', async () => {
    const { exitCode, lines, output } = spawnDemo({ PORT: 'hunter2', LOG_LEVEL: 'hunter2' });
    expect(await exitCode).toBe(78);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatchObject({ msg: 'configuration refused', variables: 'PORT, LOG_LEVEL', exitCode: 78 });
    expect(output()).not.toContain('hunter2');
  });

  it('S11 exits 78 as well when composition finds the mistake', async () => {
    const { exitCode, lines } = spawnDemo({ DEMO_SECRET: 'refused' });
    expect(await exitCode).toBe(78);
    expect(lines().at(-1)).toMatchObject({ variables: 'DEMO_SECRET' });
  });

  it.each<[string, (takenPort: string) => Record<string, string>, RegExp]>([
    ['PORT is taken', (PORT) => ({ PORT }), /^PORT: 127\.0\.0\.1:\d+ is in use: set PORT, or stop/],
    [
      'MANAGEMENT_PORT is taken',
      (MANAGEMENT_PORT) => ({ MANAGEMENT_PORT }),
      /^MANAGEMENT_PORT: 127\.0\.0\.1:\d+ is in use: set MANAGEMENT_PORT, or stop/,
    ],
    ['HOST is of others', () => ({ HOST: '192.0.2.1' }), /^HOST: 192\.0\.2\.1 is no address of this/],
    ['HOST is no name', () => ({ HOST: 'nowhere.invalid' }), /^HOST: nowhere\.invalid has no address/],
  ])('says in one line what to do when %s, and exits 78', async (_, env, problem) => {
    const otherServer = createServer().listen(0, '127.0.0.1');
    await once(otherServer, 'listening');
    const { exitCode, lines } = spawnDemo(env(String((otherServer.address() as AddressInfo).port)));
    expect(await exitCode).toBe(78);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatchObject({ msg: 'configuration refused', exitCode: 78 });
    expect(lines()[0]?.['problem']).toMatch(problem);
    expect(lines()[0]).not.toHaveProperty('frames');
    otherServer.close();
  });

  it('says its version instead of serving', async () => {
    const { exitCode, output } = spawnDemo({}, ['--version']);
    expect(await exitCode).toBe(0);
    expect(output()).toMatch(/^demo \d+\.\d+\.\d+\n$/);
  });

  it('is ready with its version and what its services say of themselves', async () => {
    const { lines } = await startDemo({});
    const ready = lines().find(({ msg }) => msg === 'ready');
    expect(ready).toMatchObject({ policies: 'json, opa', state: 'memory' });
    expect(ready?.['version']).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
