import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { answerTimes } from './answer-times.js';
import { residentBytes, startService } from './start-service.js';
import { basic } from './world.js';

// npm run bench:waiting: what a thousand help-desk calls that wait for their people cost whoever else asks.

const WAITING = 1000;
const MEASURED_SECONDS = 15;
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

interface Figures {
  answers: number;
  medianMs: number;
  p99Ms: number;
  residentMb: number;
}

const folder = mkdtempSync(join(tmpdir(), 'mandate-bench-'));
const service = await startService('standalone', {
  node: process.execPath,
  settings: {
    DEMONSTRATION: 'off',
    DEVELOPMENT_KEYS_DIRECTORY: join(folder, 'keys'),
    MAX_CONNECTIONS: '4000',
    CIBA_EXPIRY_SECONDS: '600',
    // One client has half of them.
    CONSENT_MAX_WAITING: String(2 * WAITING),
  },
});
try {
  const carol = await userToken('carol', 'help-desk');
  const columns = ['answers', 'median ms', 'p99 ms', 'memory MB'];
  process.stdout.write(`${'meanwhile'.padEnd(28)}${columns.map((column) => column.padStart(11)).join('')}\n`);
  show('warming up', await measure());
  show('nothing', await measure());
  const gone = new AbortController();
  const calls = Array.from({ length: WAITING }, (_, number) => waitFor(`person-${number}`, carol, gone.signal));
  await delay(10_000);
  show(`${WAITING} calls wait`, await measure());
  gone.abort();
  await Promise.all(calls);
  await delay(5000);
  show('they have gone', await measure());
} finally {
  service.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Ends when the caller does: nobody answers for these people. */
async function waitFor(person: string, actor: string, signal: AbortSignal): Promise<void> {
  const fields = {
    grant_type: EXCHANGE,
    subject_token: person,
    subject_token_type: 'urn:mandate:token-type:login-hint',
    actor_token: actor,
    actor_token_type: ACCESS_TOKEN,
    resource: 'https://accounts.example.com/4711',
    scope: 'read',
  };
  const call = post('help-desk', '/service/tokensts', { fields, headers: { Prefer: 'wait=60' }, signal });
  const status = await call.then((response) => response.status).catch(() => undefined);
  if (status !== undefined && !signal.aborted) throw new Error(`a call that was to wait got ${status}`);
}

/** Exchanges without a pause by some callers. */
async function measure(): Promise<Figures> {
  const [alice, bob] = [await userToken('alice', 'photo-app', { may_act: 'bob' }), await userToken('bob', 'photo-app')];
  const fields = {
    grant_type: EXCHANGE,
    subject_token: alice,
    subject_token_type: ACCESS_TOKEN,
    actor_token: bob,
    actor_token_type: ACCESS_TOKEN,
    resource: 'http://images.example.com:80/a',
  };
  const end = performance.now() + MEASURED_SECONDS * 1000;
  const request = requestOf('photo-app', { fields });
  const times = await answerTimes(`${service.url}/service/tokensts`, request, () => performance.now() >= end);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return {
    answers: times.length,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    residentMb: residentBytes(service.pid) / 2 ** 20,
  };
}

async function userToken(sub: string, clientId: string, claims: Record<string, string> = {}): Promise<string> {
  const response = await post('photo-app', '/development/token', { fields: { sub, client_id: clientId, ...claims } });
  return ((await response.json()) as { access_token: string }).access_token;
}

interface Sent {
  fields: Record<string, string>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function post(client: string, path: string, sent: Sent): Promise<Response> {
  return fetch(service.url + path, { method: 'POST', ...requestOf(client, sent) });
}

function requestOf(client: string, { fields, headers = {}, signal }: Sent): RequestInit {
  const authorization = basic({ id: client, secret: `${client}-development` });
  const body = new URLSearchParams(fields);
  return { body, headers: { authorization, ...headers }, ...(signal !== undefined && { signal }) };
}

function show(name: string, { answers, medianMs, p99Ms, residentMb: memory }: Figures): void {
  const columns = [`${answers}`, medianMs.toFixed(1), p99Ms.toFixed(1), memory.toFixed(0)];
  process.stdout.write(`${name.padEnd(28)}${columns.map((column) => column.padStart(11)).join('')}\n`);
}
