import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisProgram, until } from '@mandate/testing';
import { createAsking } from './asking.js';
import { createDrive } from './drive.js';
import { createLeakScanner } from './leak-scanner.js';
import { type LeakageWorld, startLeakageWorld } from './leakage-world.js';
import { refusedStarts } from './refused-starts.js';
import type { Behaviour } from './relay.js';

const BEHAVIOURS: readonly Behaviour[] = ['echo as 500', 'echo as 401', 'echo as success', 'redirect', 'cut', 'hang'];
/** Files that are watched, and the variables that name them. */
const FILES = {
  'clients.json': 'CLIENT_CREDENTIALS_JSON_PATH',
  'issuers.json': 'TRUSTED_ISSUERS_FILE',
  'policy.json': 'EXCHANGE_POLICY_JSON_CONFIG_PATH',
  'exchange-keys.json': 'TOKEN_SIGNATURE_JWKS_FILE',
  'opa-token': 'EXCHANGE_POLICY_OPA_TOKEN_FILE',
};
/** It is looked at every second. */
const RELOAD_SECONDS = 120;

/** One text that came out of the product, and from where. */
interface Output {
  place: string;
  text: string;
}

const program = await redisProgram(process.env);
const withRedis = program === undefined ? describe.skip : describe;

/** Everything, while all is well and while each part behind the services fails; then wrong files, a stop, wrong starts. */
async function driveAll(world: LeakageWorld): Promise<Output[]> {
  const { redis, relays, services, wire } = world;
  const drive = createDrive(world);
  const askPeople = createAsking(world);
  for (const step of [drive.sendUsual, askPeople, drive.sendRefused, drive.sendNested, drive.misplace, drive.observe])
    await step();

  await redis.kill();
  await drive.sendUsual();
  await askPeople();
  await redis.start('not-the-password-the-services-have');
  await drive.sendUsual();
  await drive.observe();
  await redis.kill();
  await redis.start();

  const upstreams = Object.values(relays);
  for (const behaviour of BEHAVIOURS) {
    upstreams.forEach((relay) => relay.behave(behaviour));
    await drive.sendUsual();
    await askPeople();
  }
  await drive.observe();
  upstreams.forEach((relay) => relay.behave('forward'));

  Object.keys(FILES).forEach((file) => world.spoil(file));
  const isRefused = (variable: string) => world.outputsSoFar().some(({ text }) => refusesFile(text, variable));
  await until(() => Object.values(FILES).every(isRefused), { deadlineSeconds: RELOAD_SECONDS });
  await drive.sendUsual();
  await drive.observe();

  for (const { child } of Object.values(services)) child.kill('SIGTERM');
  await Promise.all(Object.values(services).map(({ exit }) => exit));
  const refusals = await refusedStarts(world.folder, wire);
  return [
    ...world.outputsSoFar(),
    ...refusals.map((service) => ({ place: 'output of a refused start', text: service.output() })),
    ...wire.answers.map(({ label, status, text }) => ({ place: `answer ${status}, ${label}`, text })),
  ];
}

function refusesFile(output: string, variable: string): boolean {
  const lines = output.split('\n').filter((line) => line.includes('"msg":"file not reloaded'));
  return lines.some((line) => line.includes(`"variable":"${variable}"`));
}

withRedis('the whole product, driven with canaries', () => {
  let world: LeakageWorld;
  let outputs: Output[];
  beforeAll(async () => {
    world = await startLeakageWorld(program ?? '');
    outputs = await driveAll(world);
  }, 900_000);
  afterAll(() => world.stop(), 30_000);

  it('S5 no piece of a secret, token or assertion is in a log line, metric, error, header, audit event or probe', () => {
    const canaries = world.wire.canaries();
    const scan = createLeakScanner(canaries);
    const knownLines = new Set<string>();
    const leaks = outputs.flatMap(({ place, text }) => {
      const lines = text.split('\n').filter((line) => !knownLines.has(line));
      lines.forEach((line) => knownLines.add(line));
      return scan(place, lines.join('\n'));
    });
    const bytes = outputs.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    const summary = `${leaks.length} found among ${bytes} bytes of ${outputs.length} outputs`;
    process.stderr.write(`leakage: of ${canaries.length} canaries, ${summary}\n`);
    expect(leaks).toEqual([]);
  }, 300_000);

  it('met every kind of answer, and wrote down what it should', () => {
    const statuses = new Set(world.wire.answers.map(({ status }) => status));
    for (const status of [200, 400, 401, 403, 404, 405, 413, 415, 503]) expect([...statuses]).toContain(status);
    const allText = outputs.map(({ text }) => text).join('\n');
    for (const event of [
      'token issued',
      'token introspected',
      'revoked',
      'person asked',
      'person has answered',
      'client not pinged',
      'dependency failed',
      'configuration refused',
    ]) {
      expect(allText).toContain(`"msg":"${event}"`);
    }
    for (const verdict of ['permit', 'deny', 'error']) expect(allText).toContain(`"verdict":"${verdict}"`);
    expect(allText).toContain('"event":"explain"');
    expect(allText).toContain('# TYPE http_requests_total counter');
    expect(world.wire.canaries().length).toBeGreaterThan(100);
  });
});
