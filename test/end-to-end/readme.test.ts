import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { JsonObject } from '@mandate/ports';
import { type SpawnedService, spawnStandalone } from './spawned-service.js';

const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The fenced block below a marker `<!-- test: ... -->`. */
function block(marker: string): string {
  const [, after = ''] = readme.split(`<!-- test: ${marker} -->\n`);
  const [, content = ''] = /^```\w*\n([\s\S]*?)```/.exec(after) ?? [];
  if (content === '') throw new Error(`README.md has no block for "${marker}"`);
  return content;
}

describe('README.md', () => {
  let standalone: SpawnedService;
  let url: string;
  let stop: () => void;
  beforeAll(async () => {
    // What is shown is taken from answers, and is the same where nothing is written down.
    ({ standalone, url, stop } = await spawnStandalone({ AUDIT_SINK: 'off' }));
  }, 180_000);
  afterAll(() => stop());

  it('shows what npm start prints', () => {
    expect(standalone.output()).toContain(block('the demonstration prints these lines'));
  });

  it('has a walkthrough that works as it stands', async () => {
    const script = block('these lines work').replaceAll(':8080', `:${new URL(url).port}`);
    const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
    const [answer, introspection] = stdout.split('\n').map((line) => JSON.parse(line || '{}') as JsonObject);
    const example = JSON.parse(/```json\n(.*)\n```/.exec(readme)?.[1] ?? '') as JsonObject;
    expect(introspection).toMatchObject(example);
    const { access_token: token } = answer as { access_token: string };
    expect({ active: true, ...decodeJwt(token) }).toMatchObject(example);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const scriptNames = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(scriptNames));
  });
});
