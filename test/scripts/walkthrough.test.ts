import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTrio, type World } from '../end-to-end/worlds.js';

const root = new URL('../../', import.meta.url);
const development = (name: string): string => new URL(`config/development/${name}`, root).pathname;

const walkThrough = async (env: Record<string, string>): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/walkthrough.ts'], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
  });

/** The clients and the policy are those of `npm run dev`, compose and, with other secrets, Kubernetes. */
describe('npm run walkthrough', () => {
  let world: World;
  let urls: Record<string, string>;
  beforeAll(async () => {
    world = await startTrio({
      CLIENT_CREDENTIALS_JSON_PATH: development('clients.json'),
      EXCHANGE_POLICY_JSON_CONFIG_PATH: development('policy.json'),
    });
    urls = {
      AUTHENTICATION_URL: world.authentication,
      TOKEN_VALIDATION_URL: world.tokenValidation,
      TOKEN_EXCHANGE_URL: world.tokenExchange,
    };
  });
  afterAll(() => world.stop());

  it('shows a delegation, a tester who acts as a test user, and each refused to Mallory', async () => {
    const { stdout } = await walkThrough(urls);
    expect(stdout.split('\n').map((line) => line.trim().replace(/ {2,}/, ': '))).toEqual([
      'Alice lets Bob act for her',
      '1 subject token: sub alice, scope read',
      '2 actor token: sub bob',
      '3 exchange: http://images.example.com:*/*, scope read, 120 s',
      '4 introspect: active, sub alice, act bob, aud https://images.example.com',
      '5 revocation: inactive',
      '6 Mallory tries: 400 invalid_request',
      '7 act as: active, sub test1, act tester, aud https://app.example.com',
      '8 Mallory tries: 400 invalid_request',
      '',
    ]);
  });

  it('ends with 1 where a step is not as it should be, naming it', async () => {
    await expect(walkThrough({ ...urls, TESTER_SECRET: 'wrong' })).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^FAILED act as: status 401, not 200/m),
    });
  });
});
