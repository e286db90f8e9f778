import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { testDirectory, until } from '@mandate/testing';
import { ConfigError, isJsonObject, parseWrittenJson } from '@mandate/ports';
import { createLogger, createMetrics, createReloadingFile, watchFile } from '@mandate/service-kit';

let directory: string;
beforeEach(() => {
  directory = testDirectory();
});

function parse(text: string): number {
  const value = parseWrittenJson(text);
  if (!isJsonObject(value) || typeof value['n'] !== 'number') throw new TypeError(`bad value ${text}`);
  return value['n'];
}

function open(path: string, onReload?: (problem: string | undefined) => void) {
  const options = { path, variable: 'POLICY_FILE', parse, intervalSeconds: 3600 };
  return createReloadingFile({ ...options, ...(onReload && { onReload }) });
}

/** What the kubelet does: a new directory beside the old one, then the `..data` link renamed over the old link. */
function publishConfigMap(name: string, content: string): void {
  mkdirSync(join(directory, name));
  writeFileSync(join(directory, name, 'policy.json'), content);
  symlinkSync(name, join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
}

describe('createReloadingFile', () => {
  it('follows the symbolic link swap of a ConfigMap', async () => {
    publishConfigMap('..2026_01', '{"n":1}');
    symlinkSync('..data/policy.json', join(directory, 'policy.json'));
    const file = open(join(directory, 'policy.json'));
    expect(file.current()).toBe(1);
    publishConfigMap('..2026_02', '{"n":2}');
    rmSync(join(directory, '..2026_01'), { recursive: true });
    await file.check();
    expect(file.current()).toBe(2);
    expect(file.problem()).toBeUndefined();
    file.close();
  });

  it('keeps the last good version while the new one is broken, says why, and recovers', async () => {
    const path = join(directory, 'f.json');
    writeFileSync(path, '{"n":1}');
    const problems: (string | undefined)[] = [];
    const file = open(path, (problem) => problems.push(problem));
    writeFileSync(path, '{"n":hunter2}');
    await file.check();
    await file.check();
    expect(file.current()).toBe(1);
    expect(file.problem()).toBe('is not JSON: expected a value (line 1, column 6)');
    writeFileSync(path, '{"n":"hunter2"}');
    await file.check();
    rmSync(path);
    await file.check();
    writeFileSync(path, '{"n":3}');
    await file.check();
    expect(file.current()).toBe(3);
    expect(problems).toEqual([
      'is not JSON: expected a value (line 1, column 6)',
      'cannot be used',
      'cannot be read (ENOENT)',
      undefined,
    ]);
    file.close();
  });

  it('sees a change of the file behind a symbolic link that stays', async () => {
    writeFileSync(join(directory, 'target.json'), '{"n":1}');
    symlinkSync('target.json', join(directory, 'link.json'));
    const file = open(join(directory, 'link.json'));
    writeFileSync(join(directory, 'target.json'), '{"n":2}');
    await file.check();
    expect(file.current()).toBe(2);
    file.close();
  });

  it('does not parse an unchanged file again', async () => {
    const path = join(directory, 'f.json');
    writeFileSync(path, '{"n":1}');
    let parses = 0;
    const count = (text: string) => (parses++, parse(text));
    const file = createReloadingFile({ path, variable: 'F', parse: count, intervalSeconds: 3600 });
    await file.check();
    await file.check();
    expect(parses).toBe(1);
    file.close();
  });

  it('looks by itself at the interval', async () => {
    const path = join(directory, 'f.json');
    writeFileSync(path, '{"n":1}');
    const file = createReloadingFile({ path, variable: 'F', parse, intervalSeconds: 0.02 });
    writeFileSync(path, '{"n":2}');
    await until(() => file.current() === 2);
    file.close();
  });

  it('refuses to start with a broken or missing first version, naming the variable', () => {
    writeFileSync(join(directory, 'f.json'), '{"n":hunter2}');
    const openBroken = () => open(join(directory, 'f.json'));
    expect(openBroken).toThrow(ConfigError);
    expect(openBroken).toThrow('POLICY_FILE: is not JSON: expected a value (line 1, column 6)');
    expect(() => open(join(directory, 'none'))).toThrow('POLICY_FILE: cannot be read (ENOENT)');
    expect(() => open('none')).toThrow(`POLICY_FILE: cannot be read (ENOENT, looked for in ${process.cwd()})`);
    expect(() => open(directory)).toThrow('POLICY_FILE: cannot be read (EISDIR)');
  });
});

describe('watchFile', () => {
  it('logs and counts reloads and shows a broken one as degraded, not as down', async () => {
    const path = join(directory, 'f.json');
    writeFileSync(path, '{"n":1}');
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', service: 't', destination: { write: (line) => lines.push(line) } });
    const metrics = createMetrics({ defaults: false });
    const file = watchFile({ logger, metrics }, { path, variable: 'POLICY_FILE', parse, intervalSeconds: 3600 });
    expect(file.part.name).toBe('file:POLICY_FILE');
    expect(await file.part.status()).toEqual({ ready: true });
    writeFileSync(path, 'x');
    await file.check();
    const detail = 'is not JSON: expected a value (line 1, column 1)';
    expect(await file.part.status()).toEqual({ ready: true, degraded: true, detail });
    expect((await metrics.render()).body).toContain('file_refused{variable="POLICY_FILE"} 1');
    writeFileSync(path, '{"n":2}');
    await file.check();
    const { body } = await metrics.render();
    expect(body).toContain('file_reloads_total{variable="POLICY_FILE",outcome="failure"} 1');
    expect(body).toContain('file_reloads_total{variable="POLICY_FILE",outcome="success"} 1');
    expect(body).toContain('file_refused{variable="POLICY_FILE"} 0');
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['error', 'info']);
    file.close();
  });
});
