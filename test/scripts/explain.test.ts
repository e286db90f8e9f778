import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signTestToken } from '@mandate/testing';
import { explanation, renderExplanation } from '../../scripts/render-explanation.js';
import {
  IMAGES,
  RESOURCE,
  SECRET,
  startStandalone,
  TESTED_APP,
  USER_ISSUER,
  USER_KEY,
  USERS,
  type World,
} from '../end-to-end/worlds.js';
import { runScript } from './run-script.js';

const runExplain = (args: string[], input = '') => runScript('explain', args, { input });

describe('npm run explain', () => {
  let world: World;
  let tokens: Record<'alice' | 'bob' | 'mallory', string>;
  const write = (name: string, content: string): string => {
    const path = join(world.folder.path, name);
    writeFileSync(path, content);
    return `@${path}`;
  };

  async function tokenOf(client: string): Promise<string> {
    const authorization = `Basic ${Buffer.from([client, SECRET].map(encodeURIComponent).join(':')).toString('base64')}`;
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const answer = await fetch(`${world.authentication}/service/access_token`, {
      method: 'POST',
      headers: { authorization },
      body,
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  beforeAll(async () => {
    const issuers = [{ ...USER_ISSUER, mayAssertUsers: true }];
    world = await startStandalone({ ACT_AS_SUBJECT_ISSUER: USERS }, { issuers });
    tokens = { alice: await tokenOf('alice'), bob: await tokenOf('bob'), mallory: await tokenOf('mallory') };
  });
  afterAll(() => world.stop());

  const argumentsOf = (client: string) => [
    '--url',
    world.tokenExchange,
    '--client',
    write('client', `${client}:${SECRET}\n`),
    '--subject-token',
    write('alice', `${tokens.alice}\n`),
    '--actor-token',
    '-',
    '--resource',
    RESOURCE,
    '--scope',
    'read',
  ];

  it('draws a permit: every check passed, the rule, and what the token would say; exit 0', async () => {
    const { stdout, stderr, status } = await runExplain(argumentsOf('bob'), tokens.bob);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^ {2}✓ subject token {9}alice \(http:/m);
    expect(stdout).not.toContain('✗');
    expect(stdout).toContain('  permit by rule "images" of json\n');
    expect(stdout).toMatch(/^ {4}act {19}bob$/m);
    expect(stdout).toContain(`aud                   ${IMAGES}`);
    expect(stdout).toContain('120 s after it is issued');
  });

  it('draws a deny: the check that failed last, the reason, and what it would need; exit 1', async () => {
    const { stdout, status } = await runExplain(argumentsOf('mallory'), tokens.mallory);
    expect(status).toBe(1);
    expect(stdout.match(/✗/g)).toHaveLength(1);
    expect(stdout).toMatch(/✗ permission .*\n\n {2}deny: actor_not_allowed/);
    expect(stdout).toMatch(/It would need\n {4}the rule's allowedActors to list mallory/);
  });

  /** The options of bob, who hands in a person's own token. */
  const assertionArguments = (sub: string, ...options: string[]): string[] => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: USERS, sub, aud: 'bob', client_id: 'bob', scope: 'read', iat: now, exp: now + 300, jti: sub };
    const person = write(`person-${sub}`, signTestToken(USER_KEY, claims));
    return ['--url', world.tokenExchange, '--client', `bob:${SECRET}`, '--assertion', person, ...options];
  };

  it('asks for an assertion: who is there is who it says', async () => {
    const { stdout, stderr, status } = await runExplain(assertionArguments('alice', '--resource', RESOURCE));
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^ {2}✓ assertion {13}alice \(https:\/\/users\.example\.com\)/m);
    expect(stdout).toContain('  permit by rule "images" of json\n');
    expect(stdout).not.toContain('named subject');
  });

  it('asks for an assertion whose subject acts as somebody, a permit and a deny', async () => {
    const options = ['--act-as', 'test1', '--resource', TESTED_APP, '--scope', 'read'];
    const permit = await runExplain(assertionArguments('tester', ...options));
    expect(permit).toMatchObject({ stderr: '', status: 0 });
    expect(permit.stdout).toMatch(/^ {4}sub {19}test1 \(https:\/\/users\.example\.com\)\n {4}act {19}tester$/m);
    expect(permit.stdout).toMatch(/^ {4}scope {17}read$/m);
    const deny = await runExplain(assertionArguments('mallory', ...options));
    expect(deny.status).toBe(1);
    expect(deny.stdout).toMatch(/\n {2}deny: actor_not_allowed by rule "testers"/);
  });

  it('is plain in a pipe, and shows no token', async () => {
    const { stdout } = await runExplain(argumentsOf('bob'), tokens.bob);
    expect(stdout).not.toContain('\u001b');
    for (const token of Object.values(tokens)) expect(stdout).not.toContain(token.split('.')[2] ?? '');
  });

  it('asks as a client with a secret or as the holder of a bearer token, which is not drawn', async () => {
    const [url, own, , , ...others] = argumentsOf('bob');
    const bearer = write('bearer', `${tokens.bob}\n`);
    const { stdout, status } = await runExplain([url ?? '', own ?? '', '--bearer', bearer, ...others], tokens.bob);
    expect({ status, permit: stdout.includes('permit by rule "images"') }).toEqual({ status: 0, permit: true });
    expect(stdout).not.toContain(tokens.bob.split('.')[2] ?? '');
  });

  it('names the scope that the caller lacks', async () => {
    const refusal = await runExplain(
      [...argumentsOf('bob'), '--client', write('alice-client', `alice:${SECRET}`)],
      tokens.bob,
    );
    expect(refusal).toMatchObject({
      status: 2,
      stderr: '403 insufficient_scope: The caller lacks the scope explain\n',
    });
  });

  it('tells a refused request from a deny: exit 2', async () => {
    const wrongArguments = [...argumentsOf('bob'), '--client', 'bob:wrong'];
    expect(await runExplain(wrongArguments, tokens.bob)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: '401 invalid_client: Client authentication failed\n',
    });
    const result = await runExplain([...argumentsOf('bob'), '--url', 'http://127.0.0.1:1'], tokens.bob);
    expect(result).toMatchObject({
      status: 2,
      stderr:
        'http://127.0.0.1:1/service/explain does not answer: is --url the address of a token-exchange that runs?\n',
    });
  });

  it.each([
    [[], '--subject-token or --assertion is needed: @FILE, - or the token\n'],
    [['--subject-token', 'x', '--act-as', 'y'], '--act-as needs --assertion: who would act\n'],
    [
      ['--assertion', 'x', '--subject-token', 'y'],
      '--subject-token is of an exchange, and does not go with --assertion\n',
    ],
    [
      ['--assertion', 'x', '--actor-token-type', 'jwt'],
      '--actor-token-type is of an exchange, and does not go with --assertion\n',
    ],
    [['--assertion', '-', '--bearer', '-'], 'only one token can be on standard input\n'],
    [['--subject-token', '-', '--actor-token', '-'], 'only one token can be on standard input\n'],
    [['--subject-token', 'x', '--client', 'a:b', '--bearer', 'y'], 'the caller is --client or --bearer, not both\n'],
    [['--subject-token', '-', '--bearer', '-'], 'only one token can be on standard input\n'],
    [['--subject-token', '@/nowhere'], '--subject-token: the file after @ cannot be read (ENOENT)\n'],
    [['hunter2'], 'a value has no option; npm run explain -- --help shows all\n'],
    [['--subjecttoken=hunter2'], '--subjecttoken is unknown; npm run explain -- --help shows all\n'],
    [['--subject-token'], '--subject-token needs a value; npm run explain -- --help shows all\n'],
  ])('says what is wrong with %j, exit 64', async (args, stderr) => {
    expect(await runExplain(args)).toEqual({ status: 64, stdout: '', stderr });
  });
});

describe('renderExplanation', () => {
  const render = (answer: object, colour = false) => renderExplanation(explanation.parse(answer), { colour });
  const check = { check: 'subject_token', outcome: 'pass', facts: { iss: 'https://i', sub: 'alice' } };

  it('shows what a name could do to a terminal instead of doing it', () => {
    const sub = '\u001b[2Jalice\u202e\r\n\u2028';
    const text = render({
      verdict: 'deny',
      reason: sub,
      needs: [sub],
      checks: [{ ...check, facts: { sub, more: [sub] } }],
    });
    expect(text).toContain(String.raw`\u{1b}[2Jalice\u{202e}\u{d}\u{a}\u{2028}`);
    for (const one of ['\u001b', '\u202e', '\r', '\u2028']) expect(text).not.toContain(one);
  });

  it('draws a chain newest first, and who named the subject', () => {
    const claims = {
      sub: 'alice',
      sub_id: { iss: 'https://i' },
      act: { sub: 'images', act: { sub: 'bob' } },
      tier: 'gold',
    };
    const text = render({ verdict: 'permit', checks: [check], claims });
    expect(text).toMatch(/sub +alice \(https:\/\/i\)\n +act +images for bob\n +tier +gold\n/);
  });

  it('draws whom the party acts as', () => {
    const claims = { sub: 'tester', act_as: { sub: 'test1' } };
    const text = render({ verdict: 'permit', checks: [check], claims });
    expect(text).toMatch(/sub +tester\n +act_as +test1\n/);
  });

  it('says of a failed dependency that there is no verdict', () => {
    const text = render({ verdict: 'error', reason: 'dependency_failed', needs: ['opa to answer'], checks: [check] });
    expect(text).toContain('no verdict: dependency_failed, it would need opa to answer');
  });

  it('has colour on a terminal, and says the same without', () => {
    const answer = { verdict: 'deny', reason: 'r', needs: ['n'], checks: [check] };
    // eslint-disable-next-line no-control-regex -- the colours of a terminal
    expect(render(answer, true).replaceAll(/\u001b\[\d+m/g, '')).toBe(render(answer));
    expect(render(answer, true)).toContain('\u001b[32m✓\u001b[0m');
  });
});
