import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Node, chosenNodes } from './nodes.js';
import { renderPlot } from './render-plot.js';
import { renderTable } from './render-table.js';
import type { Effort } from './run-workloads.js';
import { runAlgorithms, runMain, runScales, runSoak, runStarts, runVariants, type Scenario } from './scenarios.js';
import { runStores } from './stores.js';
import type { Summary } from './summarize.js';
import { MAIN } from './workloads.js';
import { createWorld } from './world.js';

// npm run bench [-- --quick | --main | --soak | --stores] [--node=20 | --node=24]: Mandate beside bare node:http with the same
// signatures and beside oidc-provider 9, in turn on one machine. --quick: the workloads with goals, in a minute; --main:
// those and no settings or scales; --soak: the memory over a million requests; --stores: issuing with the clients in each
// store of docs/client-stores.md, for which ../shared/tools has the servers, on Node 24 unless --node says
// otherwise. Table, JSON and plots go to .data/bench.

const QUICK: Effort = { rounds: 3, requests: 1000, warmUp: 4000, connections: 16 };
const WHOLE: Effort = { rounds: 3, requests: 2000, warmUp: 5000, connections: 16 };
/** The Node that ships, as it runs for weeks: V8 compiles for some ten thousand requests of a kind. */
const STEADY: Effort = { ...WHOLE, warmUp: 15_000 };
const STORES: Effort = { rounds: 3, requests: 2000, warmUp: 3000, connections: 16 };
const AFTER_WARMING: Effort = { ...WHOLE, rounds: 2, warmUp: 2000 };

const has = (flag: string): boolean => process.argv.includes(`--${flag}`);
const output = resolve(import.meta.dirname, '../.data/bench');
const folder = mkdtempSync(join(tmpdir(), 'mandate-bench-'));

const summaries: Summary[] = [];
const report = (summary: Summary): void => {
  summaries.push(summary);
  process.stdout.write(renderTable([summary]).split('\n').slice(2).join('\n'));
};

async function runOn({ node, nodeName }: Node): Promise<void> {
  const scenario: Scenario = { node, nodeName, world: createWorld(join(folder, nodeName)), effort: WHOLE, report };
  if (has('soak')) return runSoak(scenario);
  if (has('stores')) return runStores({ ...scenario, effort: STORES });
  if (has('quick')) return runMain({ ...scenario, effort: QUICK }, MAIN);
  await runMain(nodeName === '24' ? { ...scenario, effort: STEADY } : scenario);
  if (has('main')) return;
  const rest = { ...scenario, effort: AFTER_WARMING };
  await runAlgorithms(rest);
  if (nodeName !== '24') return;
  await runStarts(rest);
  await runVariants(rest);
  await runScales(rest);
}

// Nothing that is started here goes on when this is ended.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
mkdirSync(output, { recursive: true });
try {
  const quickly = (has('quick') || has('stores')) && !process.argv.some((word) => word.startsWith('--node='));
  for (const one of chosenNodes().slice(0, quickly ? 1 : undefined)) {
    await runOn(one);
    const own = summaries.filter(({ node, ratios }) => node === one.nodeName && ratios.length > 0);
    writeFileSync(join(output, `node-${one.nodeName}.svg`), renderPlot(own, `Node ${one.nodeName}`));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(output, 'table.md'), renderTable(summaries));
  writeFileSync(join(output, 'results.json'), JSON.stringify(summaries, undefined, 2));
}
