import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestKey, until, freePorts } from '@mandate/testing';
import { basic, exchangeForm } from './post-form.js';
import { type ReplicatedService, startReplicated } from './replicated-service.js';
import { createFolder } from './worlds.js';

const ROUNDS = 4;
const CLIENTS = 8;
const PAUSE_MS = 10;
const IMAGES = 'https://images.example.com';
const BOB = basic('bob', 'secret');

const folder = createFolder();

type Names = 'authentication' | 'tokenValidation' | 'tokenExchange';

/** The three services, two replicas each, which know each other by their balancers. */
async function startServices(): Promise<Record<Names, ReplicatedService>> {
  const ports = await freePorts(3);
  const [authentication = '', tokenValidation = '', tokenExchange = ''] = ports.map(
    (port) => `http://127.0.0.1:${port}`,
  );
  const key = (name: string): string => folder.write(name, { keys: [createTestKey('ES256').privateJwk] });
  const own = (issuer: string) => ({ issuer, jwksUri: `${issuer}/.well-known/jwks.json`, own: true });
  const rule = { patterns: [IMAGES], audience: IMAGES, scopes: ['read'], allowedActors: ['bob'] };
  const shared = {
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', [
      { clientId: 'alice', clientSecret: 'secret', scopes: ['read'], audiences: ['bob'] },
      { clientId: 'bob', clientSecret: 'secret', scopes: ['exchange', 'introspect'] },
    ]),
    TRUSTED_ISSUERS_FILE: folder.write('issuers.json', [authentication, tokenExchange].map(own)),
    DEFAULT_ACTOR_ISSUERS: authentication,
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', { resources: [rule] }),
    SHUTDOWN_DRAIN_SECONDS: '3',
    // A busy machine is no outage.
    UPSTREAM_TIMEOUT_MS: '20000',
    RATE_LIMIT: 'off',
  };
  const start = (index: number, issuer: string, name: Parameters<typeof startReplicated>[0]) => {
    const own = { TOKEN_ISSUER: issuer, TOKEN_SIGNATURE_JWKS_FILE: key(`${name}.json`) };
    return startReplicated(name, ports[index] ?? 0, { ...shared, ...own });
  };
  const [first, second, third] = await Promise.all([
    start(0, authentication, 'authentication'),
    start(1, tokenValidation, 'token-validation'),
    start(2, tokenExchange, 'token-exchange'),
  ]);
  return { authentication: first, tokenValidation: second, tokenExchange: third };
}

interface Call {
  form: Record<string, string>;
  authorization: string;
}

/** Posts a form on a connection of the agent, once; whatever is not 200 is a failure. */
function post(
  url: string,
  form: Call['form'],
  { agent, authorization }: { agent: Agent; authorization: string },
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.once('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(body) as Record<string, unknown>);
        else reject(new Error(`${url} answered ${response.statusCode} ${body}`));
      });
      response.once('error', reject);
    });
    outgoing.once('error', reject);
    outgoing.end(new URLSearchParams(form).toString());
  });
}

describe('rolling restarts', () => {
  let services: Record<Names, ReplicatedService>;
  let replicatedServices: ReplicatedService[] = [];
  beforeAll(async () => {
    services = await startServices();
    replicatedServices = Object.values(services);
    await know();
  }, 200_000);
  afterAll(async () => {
    await Promise.all(replicatedServices.map((service) => service.close()));
  });

  /** Two tokens issued, exchanged and introspected. */
  async function delegate(agent: Agent, count: Record<string, number>): Promise<void> {
    const call = async (step: string, url: string, { form, authorization }: Call): Promise<Record<string, unknown>> => {
      const answer = await post(url, form, { agent, authorization });
      count[step] = (count[step] ?? 0) + 1;
      return answer;
    };
    const { authentication, tokenValidation, tokenExchange } = services;
    const issue = async (clientId: string): Promise<string> => {
      const request = { form: { grant_type: 'client_credentials' }, authorization: basic(clientId, 'secret') };
      return String((await call('issued', `${authentication.url}/service/access_token`, request))['access_token']);
    };
    const [subject, actor] = await Promise.all([issue('alice'), issue('bob')]);
    const form = exchangeForm({ subject, actor }, { resource: IMAGES });
    const answer = await call('exchanged', `${tokenExchange.url}/service/tokensts`, { form, authorization: BOB });
    for (const token of [subject, String(answer['access_token'])]) {
      const request = { form: { token }, authorization: BOB };
      const { active } = await call('introspected', `${tokenValidation.url}/service/introspect`, request);
      if (active !== true) throw new Error('a good token is inactive');
    }
  }

  /** One client, with a connection of its own to each service, that does this over and over. */
  async function work(signal: AbortSignal, count: Record<string, number>): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!signal.aborted) {
      await delegate(agent, count);
      await sleep(PAUSE_MS);
    }
    agent.destroy();
  }

  /** Each replica has the keys of the other services: whichever came up first asked before they answered. */
  async function know(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const both = async (): Promise<boolean> => {
      for (let turn = 0; turn < 4; turn += 1) await delegate(agent, {});
      return true;
    };
    await until(both);
    agent.destroy();
  }

  it(`S10 of both replicas of each service, ${ROUNDS} times over, lose no request, and every process exits 0 within 25 s`, async () => {
    const controller = new AbortController();
    const count: Record<string, number> = {};
    const clients = Array.from({ length: CLIENTS }, () => work(controller.signal, count));
    const all = Promise.allSettled(clients);
    const restarts = await Promise.all(
      replicatedServices.map(async (service) => {
        const stops = [];
        for (let round = 0; round < ROUNDS; round += 1) stops.push(...(await service.restart()));
        return stops;
      }),
    );
    controller.abort();
    const clientFailures = (await all).flatMap((result) =>
      result.status === 'rejected' ? [String(result.reason)] : [],
    );
    const balancerFailures = replicatedServices.flatMap(({ balancer }) => balancer.failures());
    const stops = restarts.flat();
    const longestSeconds = Math.max(...stops.map(({ seconds }) => seconds));
    const figures = `${stops.length} processes stopped, longest ${longestSeconds.toFixed(1)} s; ${JSON.stringify(count)}`;
    process.stderr.write(`rolling restarts: ${figures}; failed ${clientFailures.length}\n`);
    expect([...clientFailures, ...balancerFailures]).toEqual([]);
    expect(stops.map(({ exitCode }) => exitCode)).toEqual(Array(3 * 2 * ROUNDS).fill(0));
    expect(longestSeconds).toBeLessThan(25);
    expect(Math.min(...Object.values(count))).toBeGreaterThan(500);
  }, 900_000);
});
