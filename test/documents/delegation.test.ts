import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { tokenExchangeConfig } from '@mandate/token-exchange';
import { type Reason, REASONS, refusalError } from '../../services/token-exchange/src/rules/reasons.js';
import { filesBelow, tableRows } from './markdown.js';

const document = readFileSync(new URL('../../docs/delegation.md', import.meta.url), 'utf8');
const rules = tableRows(document, 'rule').map(([rule, code, error, example, test]) => ({
  rule,
  code: code?.replaceAll('`', '') ?? '',
  error,
  example,
  test: test ?? '',
}));
const tests = filesBelow('services/token-exchange/test', '.test.ts').map(({ text }) => text);

describe('docs/delegation.md', () => {
  it('has one row for every reason code, and no other', () => {
    expect(rules.map(({ code }) => code).sort()).toEqual([...REASONS].sort());
  });

  it.each(rules)('gives $code the error of the wire', ({ code, error }) => {
    const { status, code: wireCode } = refusalError(code as Reason);
    expect(error).toBe(`${status} \`${wireCode}\``);
  });

  it.each(rules)('names a test of $code that exists', ({ code, test }) => {
    expect(tests.some((text) => text.includes(`'${test}'`))).toBe(true);
    expect(test.includes(code) || code === 'may_act_malformed').toBe(true);
  });

  it('says something in every cell', () => {
    expect(rules.filter((row) => Object.values(row).some((cell) => cell === undefined || cell === ''))).toEqual([]);
  });

  it('lists the switches of the delegation settings, every one a variable of the service', () => {
    const variables = tableRows(document, 'variable').flatMap(([name]) => name?.match(/[A-Z][A-Z_]+[A-Z]/g) ?? []);
    expect(variables.length).toBeGreaterThan(8);
    expect(variables.filter((name) => !(name in tokenExchangeConfig.shape))).toEqual([]);
  });
});
