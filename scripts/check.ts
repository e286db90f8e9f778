import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';

// npm run check: everything CI checks, in one list. With CI=true nothing may be skipped. The last line counts the tests
// and, as one each, the other checks.

const root = resolve(import.meta.dirname, '..');
const TEST_REPORT = 'coverage/tests.json';
const COVERED_PACKAGES = ['oauth', 'token', 'policy'];
const MINIMUM_BRANCHES = 90;

const checks: [name: string, command: string][] = [
  ['types', 'npm run types'],
  ['lint', 'npm run lint'],
  ['boundaries', 'npm run boundaries'],
  ['dead code', 'npm run deadcode'],
  ['documents', 'npm run docs:check'],
  ['OpenAPI', 'npm run openapi'],
  ['tests', `npm test -- --coverage --maxWorkers=100% --json --outputFile=${TEST_REPORT}`],
];

interface Outcome {
  name: string;
  ok: boolean;
  seconds: number;
}

function now(): number {
  return performance.now() / 1000;
}

async function run(name: string, command: string): Promise<Outcome> {
  process.stdout.write(`\n$ ${command}\n`);
  const started = now();
  const child = spawn(command, { cwd: root, shell: true, stdio: 'inherit' });
  const status = await new Promise<number | null>((done, reject) => child.once('error', reject).once('close', done));
  const seconds = now() - started;
  process.stdout.write(`[${name}: ${status === 0 ? 'passed' : 'failed'}, ${seconds.toFixed(1)} s]\n`);
  return { name, ok: status === 0, seconds };
}

const testReport = z.looseObject({
  numTotalTests: z.number(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
});

interface TestCounts {
  passed: number;
  failed: number;
}

/** What the test run says of itself; in CI a test that was skipped has failed. */
async function countTests(): Promise<TestCounts> {
  const report = testReport.parse(await readJson(TEST_REPORT));
  const skipped = report.numPendingTests + report.numTodoTests;
  const skippedFail = process.env['CI'] === 'true' ? skipped : 0;
  if (skipped > 0)
    process.stdout.write(`${skipped} tests were skipped${skippedFail > 0 ? ', which CI refuses' : ''}\n`);
  const none = report.numTotalTests === 0 ? 1 : 0;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites + skippedFail + none,
  };
}

const coverageSummary = z.record(
  z.string(),
  z.looseObject({ branches: z.object({ total: z.number(), covered: z.number() }) }),
);

/** Branch coverage of the packages where it must be high; how many of them miss the mark. */
async function countUncovered(): Promise<number> {
  const summary = Object.entries(coverageSummary.parse(await readJson('coverage/coverage-summary.json')));
  let missed = 0;
  for (const name of COVERED_PACKAGES) {
    const files = summary.filter(([path]) => path.includes(`/packages/${name}/src/`));
    const total = files.reduce((sum, [, { branches }]) => sum + branches.total, 0);
    const covered = files.reduce((sum, [, { branches }]) => sum + branches.covered, 0);
    const percent = total === 0 ? 0 : (100 * covered) / total;
    const ok = percent >= MINIMUM_BRANCHES;
    if (!ok) missed += 1;
    process.stdout.write(
      `${name}: ${percent.toFixed(1)} % of branches${ok ? '' : `, less than ${MINIMUM_BRANCHES} %`}\n`,
    );
  }
  return missed;
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(resolve(root, path), 'utf8'));
}

const outcomes: Outcome[] = [];
for (const [name, command] of checks) outcomes.push(await run(name, command));

process.stdout.write('\n');
for (const { name, ok, seconds } of outcomes) {
  process.stdout.write(`${ok ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1).padStart(7)} s\n`);
}
const tests = await countTests().catch(() => ({ passed: 0, failed: 1 }));
const uncovered = await countUncovered().catch(() => COVERED_PACKAGES.length);
const others = outcomes.filter(({ name }) => name !== 'tests');
const passed = tests.passed + others.filter(({ ok }) => ok).length;
const failed = tests.failed + others.filter(({ ok }) => !ok).length + uncovered;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && outcomes.every(({ ok }) => ok) ? 0 : 1;
