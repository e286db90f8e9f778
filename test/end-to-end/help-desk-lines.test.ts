import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bashProgram, startRealPart, until } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { type SpawnedService, spawnStandalone } from './spawned-service.js';

const bash = await startRealPart(bashProgram, process.env);

/** The shell lines of the section "Try it". */
function linesOf(document: string): string[] {
  const [, tryIt = ''] = readFileSync(resolve(import.meta.dirname, '../../docs', document), 'utf8').split('## Try it');
  return [...tryIt.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
}

const [call = '', approval = ''] = linesOf('help-desk.md');
const [question = ''] = linesOf('people.md');

/** The lines of a person, who opens the link in the terminal, and of a script, which answers itself. */
(bash === undefined ? describe.skip : describe)('the shell lines of docs/help-desk.md and docs/people.md', () => {
  let standalone: SpawnedService;
  let url: string;
  let stop: () => void;
  beforeAll(async () => {
    ({ standalone, url, stop } = await spawnStandalone());
  }, 180_000);
  afterAll(() => stop());

  async function openLink(): Promise<void> {
    const link = (): string | undefined => /"url":"(http[^"]+bc-decision[^"]+)"/.exec(standalone.output())?.[1];
    await until(() => link() !== undefined);
    expect((await fetch(link() ?? '')).status).toBe(200);
  }

  it('work as they stand', async () => {
    const script = `${call}\necho\n${approval}`.replaceAll(':8080', `:${new URL(url).port}`);
    const [{ stdout }] = await Promise.all([promisify(execFile)(bash?.address ?? '', ['-euc', script]), openLink()]);
    const answers = stdout.replaceAll('}{', '}\n{').split('\n');
    const [byLink, approvalAnswer, byScript] = answers.map((answer) => JSON.parse(answer) as Record<string, unknown>);
    expect(approvalAnswer).toEqual({ answered: [{ sub: 'alice', approve: true, request: expect.any(String) }] });
    for (const body of [byLink, byScript]) {
      expect(decodeJwt(String(body?.['access_token']))).toMatchObject({ sub: 'alice', act: { sub: 'carol' } });
    }
  });

  it('ask a person and answer for them', async () => {
    const script = question.replaceAll(':8080', `:${new URL(url).port}`);
    const { stdout } = await promisify(execFile)(bash?.address ?? '', ['-euc', script]);
    const [answered, tokens] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answered).toMatchObject({ answered: [{ sub: 'alice', approve: true }] });
    expect(tokens).toMatchObject({ token_type: 'Bearer', id_token: expect.any(String) });
  });
});
