import { describe, expect, it } from '@jest/globals';
import { jsonObjectIn, parseJsonAnswer, UpstreamError } from '@mandate/ports';

describe('parseJsonAnswer', () => {
  it('gives the value', () => {
    expect(parseJsonAnswer('opa', '[1, "a", null]')).toEqual([1, 'a', null]);
  });

  it('fails as the dependency that answered something else, without a word of the answer', () => {
    const answers = ['', '<html>secret</html>', '{"secret":1,"secret":2}', '{"secret":'];
    for (const answer of answers) {
      const parse = (): unknown => parseJsonAnswer('opa', answer);
      expect(parse).toThrow(UpstreamError);
      expect(parse).toThrow(expect.objectContaining({ dependency: 'opa', failure: 'malformed' }));
      expect(parse).not.toThrow(expect.objectContaining({ detail: expect.stringContaining('secret') }));
    }
  });
});

describe('jsonObjectIn', () => {
  it('gives an object, and nothing for any other text', () => {
    expect({ ...jsonObjectIn('{"a":1}') }).toEqual({ a: 1 });
    for (const text of ['', '[]', 'null', '"a"', '{"a":1,"a":1}', '{} {}']) expect(jsonObjectIn(text)).toBeUndefined();
  });
});
