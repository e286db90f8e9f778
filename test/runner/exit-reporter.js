import { setTimeout } from 'node:timers';

/** Ends a run that does not end by itself, with what came of its tests, and says what kind of thing one of them left open. */
export default class ExitReporter {
  /** `graceMs`: how long a run may take to end once its tests have. */
  constructor(_globalConfig, { graceMs = 10_000 } = {}) {
    this.graceMs = graceMs;
  }

  onRunComplete() {
    setTimeout(() => {
      const kinds = [...new Set(process.getActiveResourcesInfo())].sort();
      process.stderr.write(`\nThe run does not end by itself: a test has left something open (${kinds.join(', ')})\n`);
      // With the code that Jest sets as the process ends.
      process.exit();
    }, this.graceMs).unref();
  }
}
