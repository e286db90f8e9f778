import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { opaProgram, startOpaProcess, startRealPart, testDirectory, until } from '@mandate/testing';
import { closeAfterTests, temporaryServer } from '../after-tests.js';
import { type ExchangeWorld, IMAGES, startExchangeWorld } from '../http/exchange-world.js';

const program = await startRealPart(opaProgram, process.env);
const opaBinary = program?.address ?? '';
const directory = testDirectory();

/** A bundle as an operator makes it: `opa build`. */
async function buildBundle(revision: string, scope: string): Promise<Buffer> {
  const source = join(directory, revision);
  mkdirSync(source);
  const rego = `package exchange\n\nmatch := [{"audience": "${IMAGES}", "scopes": ["${scope}"]}]\n`;
  writeFileSync(join(source, 'match.rego'), rego);
  const file = join(directory, `${revision}.tar.gz`);
  await promisify(execFile)(opaBinary, ['build', '--bundle', source, '--revision', revision, '--output', file]);
  return readFileSync(file);
}

(program === undefined ? describe.skip : describe)('a real OPA that polls a bundle server', () => {
  const answers = new Map<string, number>();
  let offer: { revision: string; bundle: Buffer } | undefined;
  let world: ExchangeWorld;
  beforeAll(async () => {
    const bundles = await temporaryServer((request, response) => {
      const { revision, bundle } = offer ?? { revision: 'none', bundle: undefined };
      const etag = `"${revision}"`;
      const status = bundle === undefined ? 404 : request.headers['if-none-match'] === etag ? 304 : 200;
      answers.set(`${revision} ${status}`, (answers.get(`${revision} ${status}`) ?? 0) + 1);
      response.writeHead(status, { 'content-type': 'application/gzip', ...(status === 200 && { etag }) });
      response.end(status === 200 ? bundle : undefined);
    });
    const config = {
      services: { operator: { url: bundles.origin } },
      bundles: {
        mandate: {
          service: 'operator',
          resource: 'mandate.tar.gz',
          polling: { min_delay_seconds: 1, max_delay_seconds: 1 },
        },
      },
    };
    writeFileSync(join(directory, 'opa.json'), JSON.stringify(config));
    const args = [`--config-file=${join(directory, 'opa.json')}`];
    const opa = closeAfterTests(await startOpaProcess(opaBinary, { args, readyPath: '/health' }));
    world = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'opa',
      EXCHANGE_POLICY_OPA_URL: `${opa.origin}/v1/data/exchange/match`,
      UPSTREAM_TIMEOUT_MS: '10000',
    });
  });

  const opaPart = async (): Promise<unknown> => {
    const { status, parts } = await world.readiness();
    return { status, part: parts['policy:opa'] };
  };
  /** What exchanges, always four at once, came to for so long, and in a round after it. */
  const exchangeWhile = async (goesOn: (outcomes: Set<string>) => boolean) => {
    const outcomes = new Set<string>();
    const round = async (): Promise<Set<string>> => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => world.exchange()));
      return new Set(answers.map(({ status, body }) => (status === 200 ? String(body['scope']) : String(status))));
    };
    const goOn = async (): Promise<boolean> => {
      for (const outcome of await round()) outcomes.add(outcome);
      return !goesOn(outcomes);
    };
    await until(goOn, { deadlineSeconds: 60 });
    return { outcomes: [...outcomes], lastOutcomes: [...(await round())] };
  };
  const exchangeUntil = (outcome: string) => exchangeWhile((outcomes) => !outcomes.has(outcome));
  /** Until OPA says of its bundles what it should: `/health?bundles` of OPA, seen by way of our readiness. */
  const untilPart = async (part: object): Promise<void> => {
    await until(async () => JSON.stringify(await opaPart()) === JSON.stringify(part), { deadlineSeconds: 60 });
  };

  it('PB-29 denies all until the first bundle is there, and shows OPA as degraded, not itself as unready', async () => {
    expect((await world.exchange()).status).toBe(400);
    await untilPart({ status: 200, part: { ready: true, degraded: true, detail: 'status, health 500' } });
    offer = { revision: 'one', bundle: await buildBundle('one', 'read') };
    const { outcomes, lastOutcomes } = await exchangeUntil('read');
    expect(['400', 'read']).toEqual(expect.arrayContaining(outcomes));
    expect(lastOutcomes).toEqual(['read']);
    await untilPart({ status: 200, part: { ready: true } });
  });

  it('PB-38 changes its bundle while requests run: each is answered by one of the two, and the new one arrives', async () => {
    offer = { revision: 'two', bundle: await buildBundle('two', 'write') };
    const { outcomes, lastOutcomes } = await exchangeUntil('write');
    expect(['read', 'write']).toEqual(expect.arrayContaining(outcomes));
    expect(lastOutcomes).toEqual(['write']);
    expect((await world.exchange()).body).toMatchObject({ scope: 'write' });
  });

  it('PB-38 keeps the bundle it has when the next one is broken, or the server is gone', async () => {
    offer = { revision: 'broken', bundle: Buffer.from('no archive') };
    expect((await exchangeWhile(() => (answers.get('broken 200') ?? 0) < 2)).outcomes).toEqual(['write']);
    offer = undefined;
    const misses = answers.get('none 404') ?? 0;
    expect((await exchangeWhile(() => (answers.get('none 404') ?? 0) < misses + 2)).outcomes).toEqual(['write']);
  });
});
