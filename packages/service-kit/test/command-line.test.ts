import { describe, expect, it } from '@jest/globals';
import { answerCommandLine } from '../src/run/command-line.js';

const program = { name: 'demo', version: '1.2.3', options: { '--curl': 'print shell lines' } };

describe('the command line of a service', () => {
  it('serves when it says nothing, or only what the program knows', () => {
    expect(answerCommandLine([], program)).toBeUndefined();
    expect(answerCommandLine(['--curl'], program)).toBeUndefined();
  });

  it('says the version', () => {
    expect(answerCommandLine(['--curl', '--version'], program)).toEqual({ text: 'demo 1.2.3', exitCode: 0 });
  });

  it('says every option there is', () => {
    const { text, exitCode } = answerCommandLine(['--help'], program) ?? {};
    expect(exitCode).toBe(0);
    for (const option of ['--curl', '--version', '--help']) expect(text).toContain(`  ${option} `);
  });

  it('refuses what it does not know, and does not repeat it', () => {
    const { text, exitCode } = answerCommandLine(['hunter2', '--curl'], program) ?? {};
    expect(exitCode).toBe(64);
    expect(text).toContain('usage: demo');
    expect(text).not.toContain('hunter2');
  });
});
