import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { renderWelcome } from '../src/terminal.js';

const facts = {
  version: '0.1.0',
  url: 'http://127.0.0.1:8080',
  managementPort: 9090,
  keysDirectory: '.data',
  log: 'warnings' as const,
  steps: [
    { title: 'subject token', outcome: ['sub alice'] },
    { title: 'exchange', outcome: ['images, scope read', 'permit by rule "images"'] },
  ],
  shell: ['curl -s http://127.0.0.1:8080/livez'],
};

describe('the welcome', () => {
  it('says the same with and without colour', () => {
    const [plainText, colouredText] = [renderWelcome(facts, { colour: false }), renderWelcome(facts, { colour: true })];
    expect(colouredText).not.toBe(plainText);
    expect(stripVTControlCharacters(colouredText)).toBe(plainText);
    expect(stripVTControlCharacters(plainText)).toBe(plainText);
  });

  it('keeps the steps in line beyond the ninth', () => {
    const steps = Array.from({ length: 10 }, () => ({ title: 'step', outcome: ['done'] }));
    const welcome = renderWelcome({ ...facts, steps }, { colour: false });
    expect(welcome).toContain(' 9 step          done\n10 step          done\n');
  });

  it('numbers the steps and lines up what came of them', () => {
    expect(renderWelcome(facts, { colour: false })).toContain(
      [
        ' 1 subject token sub alice',
        ' 2 exchange      images, scope read',
        '                 permit by rule "images"',
      ].join('\n'),
    );
  });
});
