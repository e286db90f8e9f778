import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePorts, until } from '@mandate/testing';
import { createFolder, startTrio, type World } from '../end-to-end/worlds.js';
import { CIBA } from '../end-to-end/post-form.js';

const root = new URL('../../', import.meta.url);
const development = (name: string): string => new URL(`config/development/${name}`, root).pathname;
const files = {
  CLIENT_CREDENTIALS_JSON_PATH: development('clients.json'),
  EXCHANGE_POLICY_JSON_CONFIG_PATH: development('policy.json'),
};
const urlsOf = (world: World): Record<string, string> => ({
  AUTHENTICATION_URL: world.authentication,
  TOKEN_VALIDATION_URL: world.tokenValidation,
  TOKEN_EXCHANGE_URL: world.tokenExchange,
});

const inRoot = (env: Record<string, string>) => ({ cwd: root, env: { PATH: process.env['PATH'], ...env } });
const walkThrough = async (env: Record<string, string>): Promise<string[]> => {
  const args = ['--import', 'tsx', 'scripts/walkthrough.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, args, inRoot(env));
  return stdout.split('\n').map((line) => line.trim().replace(/ {2,}/, ': '));
};

/** The clients and the policy are those of `npm run dev`, compose and, with other secrets, Kubernetes. */
describe('npm run walkthrough', () => {
  let world: World;
  let urls: Record<string, string>;
  beforeAll(async () => {
    world = await startTrio(() => files);
    urls = urlsOf(world);
  });
  afterAll(() => world.stop());

  it('shows a delegation, a tester who acts as a test user, and each refused to Mallory', async () => {
    expect(await walkThrough({ ...urls, PHONE_LINKS: 'http://127.0.0.1:1' })).toEqual([
      'Alice lets Bob act for her',
      '1 subject token: sub alice, scope read',
      '2 actor token: sub bob',
      '3 exchange: http://images.example.com:*/*, scope read, 120 s',
      '4 introspect: active, sub alice, act bob, aud https://images.example.com',
      '5 revocation: inactive',
      '6 Mallory tries: 400 invalid_request',
      '7 act as: active, sub test1, act tester, aud https://app.example.com',
      '8 Mallory tries: 400 invalid_request',
      '9 help-desk: left out: authentication asks nobody here',
      '',
    ]);
  });

  it('says what it waits for', async () => {
    const env = { ...urls, AUTHENTICATION_URL: 'http://127.0.0.1:1' };
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/walkthrough.ts'], inRoot(env));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      await until(() => said.includes('waiting for http://127.0.0.1:1, which npm run dev'), { deadlineSeconds: 60 });
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('ends with 1 where a step is not as it should be, naming it', async () => {
    await expect(walkThrough({ ...urls, TESTER_SECRET: 'wrong' })).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^FAILED act as: status 401, not 200/m),
    });
  });
});

/** As whom token-exchange asks here; that of compose has its keys at an address of compose. */
const DESK = {
  clientId: 'desk',
  clientSecret: 'desk-secret',
  scopes: ['read'],
  grantTypes: [CIBA],
};

function developmentClients(): object[] {
  const content = readFileSync(files.CLIENT_CREDENTIALS_JSON_PATH, 'utf8').replaceAll(/^\s*\/\/.*$/gm, '');
  return JSON.parse(content) as object[];
}

/** As compose has it: people are asked by a webhook, and scripts/phone.ts is everybody's phone. */
describe('npm run walkthrough, where people are asked', () => {
  const folder = createFolder();
  let world: World;
  let phone: ChildProcess;
  let phoneUrl: string;
  beforeAll(async () => {
    const [port] = await freePorts(1);
    phoneUrl = `http://127.0.0.1:${port}`;
    const questions = `${phoneUrl}/questions`;
    world = await startTrio(({ authentication }) => ({
      ...files,
      CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', [...developmentClients(), DESK]),
      CIBA_CHANNEL: 'webhook',
      CIBA_WEBHOOK_URL: questions,
      CONSENT_URL: authentication,
      CONSENT_ISSUER: authentication,
      CONSENT_CLIENT_ID: DESK.clientId,
      CONSENT_CLIENT_SECRET: DESK.clientSecret,
    }));
    const env = { AUTHENTICATION_URL: world.authentication, PHONE_URL: questions, PHONE_LINKS: phoneUrl };
    const args = ['--import', 'tsx', 'scripts/phone.ts'];
    phone = spawn(process.execPath, args, { ...inRoot({ ...env, PORT: String(port) }), stdio: 'ignore' });
    await until(
      () =>
        fetch(`${phoneUrl}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      { deadlineSeconds: 150 },
    );
  }, 180_000);
  afterAll(async () => {
    const exit = once(phone, 'close');
    phone.kill();
    await Promise.all([exit, world.stop()]);
  });

  it('shows the help-desk too: Alice is asked, her phone answers, and Mallory may not ask', async () => {
    const steps = await walkThrough({ ...urlsOf(world), PHONE_LINKS: phoneUrl });
    expect(steps.slice(-3)).toEqual([
      '9 help-desk: alice agrees: active, sub alice, act bob, aud https://accounts.example.com',
      '10 Mallory tries: 400 invalid_request',
      '',
    ]);
  });

  it('disturbs nobody whose phone it does not know', async () => {
    const steps = await walkThrough(urlsOf(world));
    expect(steps.at(-2)).toBe('9 help-desk: left out: PHONE_LINKS does not say where Alice is asked');
  });
});
