import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';

// npm run check: everything CI checks, in one list. With CI=true nothing may be skipped. The last line counts the tests
// and, as one each, the other checks.

const root = resolve(import.meta.dirname, '..');
const COVERED_PACKAGES = ['ports', 'oauth', 'token', 'policy', 'openam'];
const MINIMUM_BRANCHES = 90;
/** Where their tests are, for Jest. */
const COVERED = `packages/(${COVERED_PACKAGES.join('|')})/test/`;

interface Check {
  name: string;
  command: string;
  /** Where the tests that it runs are counted by Jest; any other check counts as one. */
  report?: string;
  /** What is skipped is run by a later check. */
  maySkip?: boolean;
}

const tests = (name: string, command: string): Check => {
  const report = `coverage/${name.toLowerCase().replaceAll(' ', '-')}.json`;
  return { name, command: `${command} --json --outputFile=${report}`, report };
};

const staticChecks: Check[] = [
  { name: 'types', command: 'npm run types' },
  { name: 'lint', command: 'npm run lint' },
  { name: 'boundaries', command: 'npm run boundaries' },
  { name: 'dead code', command: 'npm run deadcode' },
  { name: 'documents', command: 'npm run docs:check' },
  { name: 'OpenAPI', command: 'npm run openapi' },
  { name: 'licences', command: 'npm run licences' },
];
// Coverage doubles what a test costs: it is taken of these packages by their own tests, and the others go without.
const coveredPackages = tests('covered packages', `npm run test:all -- --coverage '${COVERED}'`);
const EVERYTHING_ELSE = `'^(?!.*${COVERED})'`;
const testChecks: Check[] = [coveredPackages, tests('everything else', `npm run test:all -- ${EVERYTHING_ELSE}`)];

// What .ci/run brings up while the checks before it run: from here on the machine is quiet.
const realParts: Check = { name: 'real parts', command: '.ci/parts' };

// What the README tells a newcomer to run, on a machine like theirs. What it skips runs for real afterwards; the suites
// that it passes whole need nothing of the machine, and are not run again.
const newcomer: Check = { ...tests('newcomer', '.ci/bare npm test --'), maySkip: true };
const testsAfterNewcomer: Check[] = [
  coveredPackages,
  tests('everything else', `npm run test:all -- --filter=./test/runner/still-to-run.cjs ${EVERYTHING_ELSE}`),
];

// What .ci/run has prepared: images, a Docker engine, a cluster. Each command fails where its part is missing.
const containerParts = [
  'TEST_PARTS_BY=Testcontainers',
  'TESTCONTAINERS_RYUK_DISABLED=true',
  'TEST_REDIS_IMAGE=mandate/redis:ci',
  'TEST_OPA_IMAGE=mandate/opa:ci',
].join(' ');
const testsOfContainerParts = [
  'redis-server',
  'redis-revocation-store',
  'redis-replay-store',
  'redis-rate-limiter',
  'opa-contract',
  'json-and-opa',
].join(' ');
const ciChecks: Check[] = [
  tests('images', '.ci/docker exec npm run test:images -- --runInBand'),
  tests('Testcontainers', `${containerParts} .ci/docker exec npm run test:all -- --runInBand ${testsOfContainerParts}`),
  tests('cluster', '.ci/cluster npm run test:k8s -- --runInBand'),
];

interface Outcome extends Check {
  ok: boolean;
  seconds: number;
}

function now(): number {
  return performance.now() / 1000;
}

async function run(check: Check): Promise<Outcome> {
  const { name, command } = check;
  process.stdout.write(`\n$ ${command}\n`);
  const startMs = now();
  const child = spawn(command, { cwd: root, shell: true, stdio: 'inherit' });
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  const seconds = now() - startMs;
  process.stdout.write(`[${name}: ${status === 0 ? 'passed' : 'failed'}, ${seconds.toFixed(1)} s]\n`);
  return { ...check, ok: status === 0, seconds };
}

const testReport = z.looseObject({
  numTotalTests: z.number(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
});

interface Counts {
  passed: number;
  failed: number;
}

/** One, or what the tests say of themselves; in CI a test that was skipped has failed. */
async function count({ name, ok, report, maySkip }: Outcome): Promise<Counts> {
  const ownCount = ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  if (report === undefined) return ownCount;
  const results = await readJson(report).then(
    (json) => testReport.parse(json),
    () => undefined,
  );
  if (results === undefined || results.numTotalTests === 0) return { passed: 0, failed: 1 };
  const skipped = results.numPendingTests + results.numTodoTests;
  const skippedFail = process.env['CI'] === 'true' && maySkip !== true ? skipped : 0;
  if (skipped > 0) process.stdout.write(`${name}: ${skipped} skipped${skippedFail > 0 ? ', which CI refuses' : ''}\n`);
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + skippedFail;
  return { passed: results.numPassedTests, failed: Math.max(failed, ownCount.failed) };
}

const coverageSummary = z.record(
  z.string(),
  z.looseObject({ branches: z.object({ total: z.number(), covered: z.number() }) }),
);

/** Branch coverage of the packages where it must be high; how many of them miss the mark. */
async function countUncovered(): Promise<number> {
  const summary = Object.entries(coverageSummary.parse(await readJson('coverage/coverage-summary.json')));
  let shortfall = 0;
  for (const name of COVERED_PACKAGES) {
    const files = summary.filter(([path]) => path.includes(`/packages/${name}/src/`));
    const total = files.reduce((sum, [, { branches }]) => sum + branches.total, 0);
    const coveredBranches = files.reduce((sum, [, { branches }]) => sum + branches.covered, 0);
    const percent = total === 0 ? 0 : (100 * coveredBranches) / total;
    const ok = percent >= MINIMUM_BRANCHES;
    if (!ok) shortfall += 1;
    process.stdout.write(
      `${name}: ${percent.toFixed(1)} % of branches${ok ? '' : `, less than ${MINIMUM_BRANCHES} %`}\n`,
    );
  }
  return shortfall;
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(resolve(root, path), 'utf8'));
}

await mkdir(resolve(root, 'coverage'), { recursive: true });
const outcomes: Outcome[] = [];
const all =
  process.env['CI'] === 'true'
    ? [...staticChecks, realParts, newcomer, ...testsAfterNewcomer, ...ciChecks]
    : [...staticChecks, ...testChecks];
for (const check of all) outcomes.push(await run(check));

process.stdout.write('\n');
for (const { name, ok, seconds } of outcomes) {
  process.stdout.write(`${ok ? 'passed' : 'FAILED'}  ${name.padEnd(14)} ${seconds.toFixed(1).padStart(7)} s\n`);
}
let passed = 0;
let failed = await countUncovered().catch(() => COVERED_PACKAGES.length);
for (const outcome of outcomes) {
  const counts = await count(outcome);
  passed += counts.passed;
  failed += counts.failed;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
