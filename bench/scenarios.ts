import { opaProgram, startOpaProcess } from '../packages/testing/src/real-parts/opa.js';
import { redisProgram, startRedisProcess } from '../packages/testing/src/real-parts/redis-processes.js';
import { startRealPart } from '../packages/testing/src/real-parts/start-real-part.js';
import type { Round } from './measure.js';
import { type Effort, runWorkload } from './run-workloads.js';
import { type Contender, type ContenderName, type ContenderOptions, startContender } from './start-contender.js';
import { summarize, type Summary } from './summarize.js';
import { ALGORITHMS, type World } from './world.js';
import { MAIN, MORE, ofAlgorithm, type Workload } from './workloads.js';

export interface Scenario {
  node: string;
  /** What it is called in the table. */
  nodeName: string;
  world: World;
  effort: Effort;
  /** Told of each workload that is done. */
  report: (summary: Summary) => void;
}

const ALL: readonly ContenderName[] = ['floor', 'peer', 'mandate'];
const exchange = workload('exchange, 2 tokens, new');
const issue = workload('issue');

function workload(name: string): Workload {
  const match = [...MAIN, ...MORE].find((one) => one.name === name);
  if (match === undefined) throw new Error(`there is no workload ${name}`);
  return match;
}

/** Runs workloads on contenders that are started for them; the ratios are those to the contender `mandate`. */
export async function run(
  scenario: Scenario,
  workloads: readonly Workload[],
  starts: Promise<Contender>[],
): Promise<void> {
  const contenders = await Promise.all(starts);
  try {
    for (const one of workloads)
      scenario.report(summarize(await runWorkload(one, contenders, scenario), scenario.nodeName));
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

/** Starts a contender with the Node and the files of a scenario. */
export const start = (
  scenario: Scenario,
  name: ContenderName,
  options: Partial<ContenderOptions> = {},
): Promise<Contender> => startContender(name, { node: scenario.node, world: scenario.world, ...options });

/** The workloads that have goals. */
export async function runMain(scenario: Scenario, workloads: readonly Workload[] = [...MAIN, ...MORE]): Promise<void> {
  await run(
    scenario,
    workloads,
    ALL.map((name) => start(scenario, name)),
  );
}

/** The other algorithms, signing and verifying. */
export async function runAlgorithms(scenario: Scenario): Promise<void> {
  for (const alg of ALGORITHMS.filter((one) => one !== 'ES256')) {
    await run(
      scenario,
      ofAlgorithm(alg),
      ALL.map((name) => start(scenario, name, { alg })),
    );
  }
}

/** What a setting, a file of another size or another server adds: two of ours beside each other. */
export async function runVariants(scenario: Scenario): Promise<void> {
  const pair = async (label: string, one: Workload, options: Partial<ContenderOptions>): Promise<void> => {
    const both = [start(scenario, 'mandate'), start(scenario, 'mandate', { label: `mandate, ${label}`, ...options })];
    await run(scenario, [{ ...one, name: `${one.name}: ${label}`, contenders: ['mandate'] }], both);
  };
  await pair('10,000 rules', exchange, { rules: 10_000 });
  await pair('100,000 clients', issue, { clients: 100_000 });
  await pair('LOG_LEVEL=info', exchange, { settings: { LOG_LEVEL: 'info' } });
  await pair('rate limits', exchange, {
    settings: { RATE_LIMIT: 'on', RATE_LIMIT_CLIENT: '100000/1', RATE_LIMIT_ADDRESS: '100000/1' },
  });
  const redis = await redisProgram(process.env);
  if (redis !== undefined) {
    const server = await startRedisProcess(redis);
    try {
      await pair('Redis', exchange, { settings: { REDIS_URL: `redis://127.0.0.1:${server.port}` } });
    } finally {
      await server.stop();
    }
  }
  const opa = await startRealPart(opaProgram, process.env);
  if (opa === undefined) return void process.stderr.write('not run: OPA, which is not installed\n');
  const rules = [`mandate.policy:${scenario.world.delegatedPolicy}`, 'policies/opa/exchange.rego'];
  const server = await startOpaProcess(opa.address, { args: rules });
  try {
    const url = `${server.origin}/v1/data/mandate/exchange/match`;
    await pair('OPA', exchange, { settings: { TOKEN_EXCHANGE_POLICIES: 'opa', EXCHANGE_POLICY_OPA_URL: url } });
  } finally {
    await server.stop();
  }
}

/** Connections, and the length of the chain. */
export async function runScales(scenario: Scenario): Promise<void> {
  for (const connections of [1, 32, 256]) {
    const effort = { ...scenario.effort, connections };
    const { operation, alg, tokens, contenders } = issue;
    const workloadOfIssue = { operation, alg, tokens, contenders, name: `issue, ${connections} connections` };
    await run(
      { ...scenario, effort },
      [workloadOfIssue],
      ALL.map((name) => start(scenario, name)),
    );
  }
  const chains = [0, 1, 2, 3].map((actors): Workload => {
    return { ...exchange, name: `exchange, chain of ${actors + 1}`, actors, contenders: ['mandate'] };
  });
  await run(scenario, chains, [start(scenario, 'mandate')]);
}

const STARTS = 5;

/** The CPU time from the start of our process until it is ready, as that of one request; its modules are compiled, as in the images. */
export async function runStarts(scenario: Scenario): Promise<void> {
  const settings = { NODE_COMPILE_CACHE: scenario.world.folder };
  await (await start(scenario, 'mandate', { settings })).stop();
  const rounds: Round[] = [];
  for (let count = 0; count < STARTS; count++) {
    const contender = await start(scenario, 'mandate', { settings });
    const [cpuMicros, residentBytes] = [contender.startMicros, contender.residentBytes()];
    rounds.push({ cpuMicros, residentBytes, perSecond: NaN, medianMs: NaN, p99Ms: NaN, lines: NaN });
    await contender.stop();
  }
  const starting: Workload = { ...issue, name: 'start to ready', contenders: ['mandate'] };
  scenario.report(summarize({ workload: starting, rounds: { mandate: rounds } }, scenario.nodeName));
}

const SOAK_BATCHES = 10;

/** A million introspections: the memory after each tenth of them. */
export async function runSoak(scenario: Scenario, requests = 1_000_000): Promise<void> {
  const effort = { ...scenario.effort, rounds: 1, requests: requests / SOAK_BATCHES, warmUp: 32, connections: 32 };
  const batches = Array.from({ length: SOAK_BATCHES }, (_, index): Workload => {
    const requestCount = ((index + 1) * requests) / SOAK_BATCHES;
    return { ...workload('introspect, new'), name: `introspect, ${requestCount} requests`, contenders: ['mandate'] };
  });
  await run({ ...scenario, effort }, batches, [start(scenario, 'mandate')]);
}
