import { AsyncLocalStorage } from 'node:async_hooks';
import { relative } from 'node:path';
import { TestEnvironment } from 'jest-environment-node';

/** The suite that a promise was made in, whenever it is rejected. */
const suite = new AsyncLocalStorage();

/**
 * Node, and an error that reaches a suite from another says where it comes from: a worker runs suite after suite, and what
 * nobody waited for in one is rejected while the next one runs.
 */
export default class SuiteEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.path = relative(config.globalConfig.rootDir, context.testPath);
    suite.enterWith(this.path);
  }

  handleTestEvent({ name, error }) {
    const origin = suite.getStore();
    if (name !== 'error' || origin === undefined || origin === this.path) return;
    if (error !== null && typeof error === 'object' && typeof error.message === 'string') {
      error.message = `left over from ${origin}: ${error.message}`;
      error.stack = `left over from ${origin}: ${error.stack}`;
    }
  }
}
