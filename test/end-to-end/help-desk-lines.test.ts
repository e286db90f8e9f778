import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bashProgram, freePorts, startRealPart, until } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { type SpawnedService, spawnService } from './spawned-service.js';

const bash = await startRealPart(bashProgram, process.env);
const [, tryIt = ''] = readFileSync(resolve(import.meta.dirname, '../../docs/help-desk.md'), 'utf8').split('## Try it');
const [asking = '', answering = ''] = [...tryIt.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block);

/** The lines of a person, who opens the link in the terminal, and of a script, which answers itself. */
(bash === undefined ? describe.skip : describe)('the shell lines of docs/help-desk.md', () => {
  const keys = mkdtempSync(join(tmpdir(), 'mandate-keys-'));
  let standalone: SpawnedService;
  let port: number | undefined;
  beforeAll(async () => {
    const [free, managementPort] = await freePorts(2);
    port = free;
    const env = { PORT: String(port), MANAGEMENT_PORT: String(managementPort), DEVELOPMENT_KEYS_DIRECTORY: keys };
    standalone = spawnService('standalone', { ...env, DEMONSTRATION: 'off' });
    await standalone.until('From here on the log');
  }, 180_000);
  afterAll(() => {
    standalone.child.kill('SIGKILL');
    rmSync(keys, { recursive: true });
  });

  async function openLink(): Promise<void> {
    const link = (): string | undefined => /"url":"(http[^"]+bc-decision[^"]+)"/.exec(standalone.output())?.[1];
    await until(() => link() !== undefined);
    expect((await fetch(link() ?? '')).status).toBe(200);
  }

  it('work as they stand', async () => {
    const script = `${asking}\necho\n${answering}`.replaceAll(':8080', `:${port}`);
    const [{ stdout }] = await Promise.all([promisify(execFile)(bash?.address ?? '', ['-euc', script]), openLink()]);
    const answers = stdout.replaceAll('}{', '}\n{').split('\n');
    const [byLink, answered, byScript] = answers.map((answer) => JSON.parse(answer) as Record<string, unknown>);
    expect(answered).toEqual({ answered: [{ sub: 'alice', approve: true, request: expect.any(String) }] });
    for (const body of [byLink, byScript]) {
      expect(decodeJwt(String(body?.['access_token']))).toMatchObject({ sub: 'alice', act: { sub: 'carol' } });
    }
  });
});
