import { describe, expect, it } from '@jest/globals';
import { createStandardOutput } from '@mandate/service-kit';
import { until } from '@mandate/testing';
import fc from 'fast-check';

/** A pipe with so much room, whose reader takes what is there when it reads. */
function createPipe(room: number) {
  const pipe = { content: '', taken: '', broken: false };
  const write = (bytes: Buffer): number => {
    if (pipe.broken) throw Object.assign(new Error('gone'), { code: 'EPIPE' });
    const count = Math.min(bytes.length, room - pipe.content.length);
    if (count === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    pipe.content += bytes.subarray(0, count).toString('latin1');
    return count;
  };
  const readAll = (): string => {
    pipe.taken += pipe.content;
    pipe.content = '';
    return pipe.taken;
  };
  return { pipe, write, read: readAll };
}

/** Each of them writes what is left when the process exits; a service has one. */
process.setMaxListeners(100);

describe('standard output', () => {
  it('has every line whole and in order, of the log and of the audit, however little a pipe takes at a time', async () => {
    const lines = fc.array(fc.record({ audit: fc.boolean(), length: fc.nat({ max: 40 }) }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 50 }), async (plan, room) => {
        const { write, read: readAll } = createPipe(room);
        const output = createStandardOutput({ write });
        const expected = plan.map(({ audit, length }, at) => `${audit ? 'audit' : 'log'} ${at} ${'x'.repeat(length)}`);
        const outcomes = plan.map(({ audit }, at) => {
          const line = expected[at] ?? '';
          if (audit) return output.append([line]);
          output.write(`${line}\n`);
          return Promise.resolve(undefined);
        });
        await until(() => readAll().split('\n').length > plan.length);
        await Promise.all(outcomes);
        expect(readAll()).toBe(expected.map((line) => `${line}\n`).join(''));
      }),
      { numRuns: 30 },
    );
  });

  it('drops lines of the log that it has no room for and says how many, and none of the audit', async () => {
    let drops = 0;
    const { write, read: readAll } = createPipe(2 ** 26);
    const output = createStandardOutput({ write, onDropped: (lines) => (drops += lines) });
    const line = `${'x'.repeat(2 ** 20 - 1)}\n`;
    for (let count = 0; count < 10; count++) output.write(line);
    const outcome = output.append(['audit']);
    expect(drops).toBe(6);
    expect(await outcome).toEqual({ ok: true });
    expect(readAll().split('\n')).toHaveLength(6);
  });

  it('counts the lines of the log that a closed pipe does not take, and tells the audit', async () => {
    let drops = 0;
    const { pipe, write, read: readAll } = createPipe(1000);
    const output = createStandardOutput({ write, onDropped: (lines) => (drops += lines) });
    pipe.broken = true;
    output.write('one\n');
    output.write('two\n');
    expect(await output.append(['audit'])).toMatchObject({ ok: false, written: 0, failure: { detail: 'EPIPE' } });
    expect(drops).toBe(2);
    pipe.broken = false;
    expect(await output.append(['after'])).toEqual({ ok: true });
    expect(readAll()).toBe('after\n');
  });
});
