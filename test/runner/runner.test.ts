import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';

const root = resolve(import.meta.dirname, '../..');
const runner = (file: string) => join(root, 'test/runner', file);

/** What nobody waited for in the first is rejected while the second runs. */
const SUITES = {
  'first.test.js': `
    const { existsSync } = require('node:fs');
    const { setTimeout: sleep } = require('node:timers/promises');
    async function leaveBehind() {
      while (!existsSync(__dirname + '/the-second-runs')) await sleep(20);
      throw new Error('nobody waited');
    }
    describe.skip('a suite that is skipped', () => {
      leaveBehind();
      it('does nothing', () => undefined);
    });`,
  'second.test.js': `
    it('is innocent and hangs', async () => {
      require('node:fs').writeFileSync(__dirname + '/the-second-runs', '');
      await new Promise(() => undefined);
    });`,
};

/** The one that is skipped runs first. */
const ORDER = `
  module.exports = class {
    sort(tests) {
      return [...tests].sort((one, other) => one.path.localeCompare(other.path));
    }
    cacheResults() {}
  };`;

describe('a run of the tests', () => {
  const directory = testDirectory();
  let output = '';
  beforeAll(async () => {
    for (const [name, text] of Object.entries(SUITES)) writeFileSync(join(directory, name), text);
    writeFileSync(join(directory, 'order.cjs'), ORDER);
    const config = {
      rootDir: directory,
      testEnvironment: runner('suite-environment.js'),
      testSequencer: join(directory, 'order.cjs'),
      reporters: ['default', [runner('skip-reporter.js'), { rest: 'There is more.' }]],
      testTimeout: 3000,
    };
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const run = promisify(execFile)(process.execPath, [jest, '--runInBand', '--config', JSON.stringify(config)]);
    output = await run.then(
      ({ stderr }) => stderr,
      (error: unknown) => (error as { stderr: string }).stderr,
    );
  });

  it('names the suite that an error comes from when it reaches another', () => {
    expect(output).toContain('● is innocent and hangs');
    expect(output).toContain('left over from first.test.js: nobody waited');
  });

  it('has a range of ports for itself', async () => {
    const claim = `await (await import(${JSON.stringify(runner('claim-ports.js'))})).default();
      console.log(process.env.TEST_FIRST_PORT);
      process.stdin.resume();`;
    const runs = [1, 2].map(() => spawn(process.execPath, ['--input-type=module', '-e', claim]));
    const ranges = await Promise.all(runs.map(async ({ stdout }) => Number((await once(stdout, 'data'))[0])));
    for (const { stdin } of runs) stdin.end();
    expect(ranges.map(Number.isInteger)).toEqual([true, true]);
    expect(new Set(ranges).size).toBe(2);
  });

  it('does not start where all ranges of ports are taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { claimOneOf } = (await import(runner('claim-ports.js'))) as {
      claimOneOf: (firstPorts: number[]) => Promise<number>;
    };
    await expect(claimOneOf([port])).rejects.toThrow(`end what listens on ${port}`);
    server.close();
  });

  it('ends with what was skipped, and what was not run', () => {
    const after = output.slice(output.lastIndexOf('first.test.js'));
    expect(after).toContain('Skipped: 1 tests in 1 suites\nThere is more.\nTest Suites:');
  });
});

describe('a run whose tests leave something open', () => {
  it.each([
    [0, 'expect(1).toBe(1)'],
    [1, 'expect(1).toBe(2)'],
  ])('ends all the same, with %i, and says what it was', async (code, statement) => {
    const directory = testDirectory();
    const suite = `it('leaves a server', () => { require('node:net').createServer().listen(0); ${statement}; });`;
    writeFileSync(join(directory, 'leaky.test.js'), suite);
    const config = { rootDir: directory, reporters: ['default', [runner('exit-reporter.js'), { graceMs: 500 }]] };
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const child = spawn(process.execPath, [jest, '--runInBand', '--config', JSON.stringify(config)]);
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    expect(await once(child, 'close')).toEqual([code, null]);
    expect(stderr).toMatch(/a test has left something open \(.*TCPServerWrap/);
  });
});

describe('the suites still to run after the newcomer', () => {
  it('are all but those that passed whole, without a skipped test', async () => {
    const directory = testDirectory();
    mkdirSync(join(directory, 'coverage'));
    const suite = (name: string, status: string, ...tests: string[]) => ({
      name,
      status,
      assertionResults: tests.map((test) => ({ status: test })),
    });
    const testResults = [
      suite('whole', 'passed', 'passed', 'passed'),
      suite('partly', 'passed', 'passed', 'pending'),
      suite('broken', 'failed', 'failed'),
    ];
    writeFileSync(join(directory, 'coverage/newcomer.json'), JSON.stringify({ testResults }));
    const program = `require(process.argv[1])(['whole', 'partly', 'broken', 'other']).then(({ filtered }) => console.log(filtered.join()))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, runner('still-to-run.cjs')], {
      cwd: directory,
    });
    expect(stdout.trim()).toBe('partly,broken,other');
  });
});
