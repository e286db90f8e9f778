import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@mandate/service-kit';
import { parse } from 'yaml';
import { basic } from '../end-to-end/post-form.js';
import { SECRET, startTrio, type World } from '../end-to-end/worlds.js';

const MOST_SERIES = 500;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'LOCK'];
const PROBES = ['/livez', '/readyz', '/healthz', '/metrics', '/no/such/path'];
const SERVICES = ['authentication', 'token-validation', 'token-exchange'] as const;

let world: World;
beforeAll(
  async () =>
    void (world = await startTrio(() => ({ INFO_ACCOUNT_PASSWORD: SECRET, METRICS_ACCOUNT_PASSWORD: SECRET }))),
);
afterAll(() => world.stop());

const pathsOf = (name: string): string[] => {
  const document = parse(readFileSync(`services/${name}/openapi.yaml`, 'utf8')) as { paths: object };
  const short = { authentication: 'authn', 'token-validation': 'validate', 'token-exchange': 'exchange' }[name];
  return [...Object.keys(document.paths), `/${short}/info/ping`, `/${short}/metrics/prometheus`, ...PROBES];
};

function send(url: string, method: string, { headers, body }: Attempt): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.once('error', reject).end(body);
  });
}

interface Attempt {
  headers: Record<string, string>;
  body: string;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const callers = [
  {},
  { authorization: basic('bob', encodeURIComponent(SECRET)) },
  { authorization: basic('alice', encodeURIComponent(SECRET)) },
  { authorization: basic('bob', 'wrong') },
  { authorization: basic('info', SECRET) },
  { authorization: basic('metrics', SECRET) },
  { authorization: 'Bearer x' },
  { authorization: 'Negotiate x' },
];
const bodies = [
  '',
  'grant_type=client_credentials&scope=read',
  'grant_type=client_credentials&scope=admin',
  'grant_type=password',
  'grant_type=urn:ietf:params:oauth:grant-type:token-exchange',
  'grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x&subject_token_type=urn:ietf:params:oauth:token-type:jwt&resource=x',
  'token=x',
  'token=x&token=y',
  '%',
  `token=${'x'.repeat(100_000)}`,
];
const attempts: Attempt[] = [
  ...callers.flatMap((caller) => bodies.map((body) => ({ headers: { ...FORM, ...caller }, body }))),
  { headers: { 'content-type': 'application/json' }, body: '{}' },
  { headers: { 'content-type': 'text/plain; charset=utf-16' }, body: 'x' },
  { headers: { ...FORM, 'content-encoding': 'gzip' }, body: 'x' },
  { headers: { ...FORM, expect: 'what' }, body: 'x' },
];

/** A sample is a line that is no comment. */
const seriesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('S6 whoever tries every path, method, caller and body', () => {
  it.each(SERVICES)('makes few series at %s', async (name) => {
    const at = SERVICES.indexOf(name);
    const url = [world.authentication, world.tokenValidation, world.tokenExchange][at] ?? '';
    const statuses = new Set<number>();
    for (const path of pathsOf(name)) {
      for (const method of METHODS) {
        const sampleAttempts = method === 'POST' ? attempts : attempts.filter(({ body }) => body === '');
        for (const attempt of sampleAttempts) statuses.add(await send(`${url}${path}`, method, attempt));
      }
    }
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405, 413, 415]));
    const service = seriesOf(await (await fetch(`${world.management[at]}/metrics`)).text());
    const node = seriesOf((await createMetrics().render()).body);
    expect(service.length).toBeGreaterThan(100);
    expect(service.length + node.length).toBeLessThan(MOST_SERIES);
  });
});
