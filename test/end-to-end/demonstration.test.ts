import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { bashProgram, startRealPart } from '@mandate/testing';
import { type SpawnedService, spawnStandalone } from './spawned-service.js';

const bash = await startRealPart(bashProgram, process.env);
let standalone: SpawnedService;
let stop: () => void;
/** What a person sees after `npm start`, here on a pipe. */
let output: string;
beforeAll(async () => {
  ({ standalone, stop } = await spawnStandalone({}, ['--curl']));
  output = standalone.output().slice(standalone.output().search(/^Mandate \S+ is ready/m));
}, 180_000);
afterAll(() => stop());

/** The indented lines below a heading. */
function linesBelow(heading: string): string[] {
  const lines = output.split('\n');
  const start = lines.findIndex((line) => line.startsWith(heading)) + 1;
  const linesToEnd = lines.slice(start);
  return linesToEnd.slice(0, linesToEnd.indexOf('')).map((line) => line.trim());
}

/** Whether the lines are among the others, in this order. */
function inOrder(text: readonly string[], lines: readonly string[]): boolean {
  const places = lines.map((line) => text.indexOf(line));
  return places.every((place, index) => place > (places[index - 1] ?? -1));
}

describe('npm start', () => {
  it('shows a delegation, its introspection and a refusal, without colour on a pipe', () => {
    expect(output).not.toContain('\u001b');
    expect(output.split('\n')[0]).toMatch(
      /^Mandate \d+\.\d+\.\d+ is ready on http:\/\/127\.0\.0\.1:\d+ \(management \d+\)$/,
    );
    const lines = linesBelow('Alice lets Bob act for her');
    const numbers = lines.flatMap((line) => /^(\d+) /.exec(line)?.[1] ?? []);
    expect(numbers).toEqual(numbers.map((_number, index) => String(index + 1)));
    const story = [
      'subject token sub alice, may_act bob, scope read write',
      'actor token   sub bob',
      'exchange      scope read at http://images.example.com:*/*',
      'permit by rule "images": scope read, 120 s',
      'sub alice, act bob, aud https://images.example.com',
      'introspect    active: sub alice, act bob, aud https://images.example.com',
      'second hop    the image service: permit by rule "printer": scope read, 60 s',
      'sub alice, act images for bob, aud https://printer.example.com',
      "revocation    200 for Bob's token; the printer's: inactive",
      'Mallory tries 400 invalid_request',
      'explain that  deny: may_act_mismatch',
      "it needs the subject token's may_act to name mallory",
      'act as        sub test1, act tester, aud https://app.example.com',
      'help-desk     alice agrees: act carol, aud https://accounts.example.com',
    ];
    const steps = lines.map((line) => line.replace(/^\d+ /, ''));
    expect({ steps, inOrder: inOrder(steps, story) }).toEqual({ steps, inOrder: true });
  });

  it('shows that on a terminal of 80 columns and 24 rows', () => {
    const [story = ''] = output.split('Do it yourself');
    expect(story.split('\n').length).toBeLessThanOrEqual(20);
    expect(story.split('\n').filter((line) => line.length > 79)).toEqual([]);
  });

  (bash === undefined ? it.skip : it)('prints shell lines that work as they stand', async () => {
    const lines = linesBelow('Do it yourself');
    expect(lines.length).toBeGreaterThan(4);
    const script = ['set -eu', ...lines].join('\n');
    const { stdout, stderr } = await promisify(execFile)(bash?.address ?? '', ['-c', script]);
    expect(stderr).toBe('');
    const answers = stdout.split('\n').filter((line) => line !== '');
    const bodies = answers.map((line) => JSON.parse(line) as Record<string, unknown>);
    const [introspection, secondHop, revocation] = bodies;
    expect(introspection).toMatchObject({ active: true, sub: 'alice', act: { sub: 'bob' } });
    expect(secondHop).toMatchObject({ active: true, sub: 'alice', act: { sub: 'images', act: { sub: 'bob' } } });
    expect(revocation).toEqual({ active: false });
    const refusal = { error: 'invalid_request', error_description: 'The exchange is not allowed' };
    expect(bodies.slice(2)).toContainEqual(refusal);
    const [explanation, actAsAnswer, approval, helpDeskAnswer] = bodies.slice(-4);
    expect(explanation).toMatchObject({ verdict: 'deny', reason: 'may_act_mismatch' });
    expect(actAsAnswer).toMatchObject({ token_type: 'Bearer', scope: 'read', expires_in: 300 });
    expect(approval).toMatchObject({ answered: [{ sub: 'alice', approve: true }] });
    expect(decodeJwt(String(helpDeskAnswer?.['access_token']))).toMatchObject({ sub: 'alice', act: { sub: 'carol' } });
  });

  it('S5 shows no token and no key', () => {
    expect(standalone.output()).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
    expect(standalone.output()).not.toContain('"d":');
  });

  it('S10 exits 0 on Ctrl-C', async () => {
    standalone.child.kill('SIGINT');
    expect(await standalone.exit).toBe(0);
  });
});
