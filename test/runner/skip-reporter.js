import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Says after everything else what was skipped and why: what a suite prints while others run is read by nobody. */
export default class SkipReporter {
  constructor(_globalConfig, { rest } = {}) {
    this.rest = rest;
    this.directory = mkdtempSync(join(tmpdir(), 'mandate-skips-'));
    // Workers are started later and have it from here: startRealPart writes there, one line a missing part.
    process.env.SKIPPED_PARTS_FILE = join(this.directory, 'parts');
  }

  onRunComplete(_contexts, results) {
    const suites = results.testResults.filter(({ numPendingTests }) => numPendingTests > 0).length;
    const file = process.env.SKIPPED_PARTS_FILE;
    const reasons = existsSync(file) ? new Set(readFileSync(file, 'utf8').trim().split('\n')) : new Set();
    rmSync(this.directory, { recursive: true });
    const lines = [];
    if (suites > 0)
      lines.push(`Skipped: ${results.numPendingTests} tests in ${suites} suites${reasons.size > 0 ? ':' : ''}`);
    for (const reason of [...reasons].sort()) lines.push(`  ${reason}`);
    if (this.rest !== undefined) lines.push(this.rest);
    if (lines.length > 0) process.stderr.write(`\n${lines.join('\n')}\n`);
  }
}
