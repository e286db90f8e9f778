import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawLogLine } from '@mandate/service-kit';

const line = (members: object) => JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', ...members });
const plain = { colour: false };

describe('a log line drawn for a person', () => {
  it('has the time, the level, the event, and its fields', () => {
    const text = drawLogLine(line({ service: 'demo', msg: 'ready', port: 8080, policies: 'json' }), plain);
    expect(text).toBe('03:04:05 info  ready port=8080 policies=json');
  });

  it('tells a problem as the sentence it is', () => {
    const refusal = line({ level: 'error', msg: 'configuration refused', problem: 'PORT: is in use', exitCode: 78 });
    expect(drawLogLine(refusal, plain)).toBe('03:04:05 error configuration refused: PORT: is in use');
  });

  it('is the same with and without colour', () => {
    const warning = line({ level: 'warn', msg: 'late' });
    expect(drawLogLine(warning, { colour: true })).not.toBe(drawLogLine(warning, plain));
    expect(stripVTControlCharacters(drawLogLine(warning, { colour: true }))).toBe(drawLogLine(warning, plain));
  });

  it('moves no cursor and turns no text around, whatever a client calls itself', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (client, msg) => {
        expect(drawLogLine(line({ msg, client }), plain)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it('leaves alone what is no event', () => {
    expect(drawLogLine('> mandate@0.1.0 dev', plain)).toBe('> mandate@0.1.0 dev');
  });
});
