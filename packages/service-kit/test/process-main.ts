import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '@mandate/ports';
import { type EndpointRequest, commonConfig, runMain, secret } from '@mandate/service-kit';
import { z } from 'zod';
import { createDemoService } from './demo-service.js';

/** A whole process for lifecycle.test.ts: slow answers, crashes on demand, and a configuration that can be wrong. */
const schema = z.object({ ...commonConfig, DEMO_SECRET: secret().optional() });

await runMain({
  name: 'demo',
  schema,
  env: process.env,
  args: process.argv.slice(2),
  compose(config) {
    if (config.DEMO_SECRET === 'refused') {
      throw new ConfigError([{ variable: 'DEMO_SECRET', message: 'cannot be used' }]);
    }
    const slow = async ({ context }: EndpointRequest) => {
      context.log.info('slow');
      await delay(600);
      return { body: { slow: true } };
    };
    const crash = () => {
      setTimeout(() => {
        throw new Error('hunter2');
      }, 10);
      return Promise.resolve({ body: {} });
    };
    const reject = () => {
      void delay(10).then(() => {
        throw new Error('hunter2');
      });
      return Promise.resolve({ body: {} });
    };
    const print = () => {
      // As a library does.
      globalThis.console.warn('printed hunter2');
      process.emitWarning('warned of hunter2');
      return Promise.resolve({ body: {} });
    };
    const proto = () => Promise.resolve({ body: { reachable: '__proto__' in {} } });
    const endpoints = [
      { method: 'GET' as const, paths: ['/proto'], handle: proto },
      { method: 'GET' as const, paths: ['/print'], handle: print },
      { method: 'GET' as const, paths: ['/slow'], handle: slow },
      { method: 'GET' as const, paths: ['/crash'], handle: crash },
      { method: 'GET' as const, paths: ['/reject'], handle: reject },
    ];
    return Promise.resolve([createDemoService({ endpoints, facts: { policies: 'json, opa', state: 'memory' } })]);
  },
});
