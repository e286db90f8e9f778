import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLeakScanner, PIECE_LENGTH } from './leak-scanner.js';

const SECRET = randomBytes(24).toString('base64url');
const SHORT = 'p/ss wörd-1';
const scan = createLeakScanner([
  { name: 'secret', value: SECRET },
  { name: 'short', value: SHORT },
]);
const innocent = JSON.stringify({ level: 'info', msg: 'token issued', transactionId: randomBytes(40).toString('hex') });

/** Some line that carries this. */
const line = (text: string) => `${innocent}\n{"level":"info","detail":"at ${text}, or so"}\n${innocent}`;

describe('the leak scanner', () => {
  it('finds nothing where nothing is', () => {
    expect(scan('log', `${innocent}${innocent}`)).toEqual([]);
    expect(scan('log', line(SECRET.slice(0, PIECE_LENGTH - 1)))).toEqual([]);
  });

  it.each(Array.from({ length: SECRET.length - PIECE_LENGTH + 1 }, (_none, start) => start))(
    'S5 finds the twenty characters of a secret from the %i. on, and says which and where, not what',
    (start) => {
      const leaks = scan('log', line(SECRET.slice(start, start + PIECE_LENGTH)));
      expect(leaks).toEqual([
        { canary: 'secret', form: 'as it is', place: 'log', offset: innocent.length + 30, length: PIECE_LENGTH },
      ]);
    },
  );

  it.each([
    ['percent-encoded', encodeURIComponent(SHORT)],
    ['as form data', 'p%2Fss+w%C3%B6rd-1'],
    ['hexadecimal', Buffer.from(SECRET).toString('hex').slice(7, 27)],
    ['HEXADECIMAL', Buffer.from(SECRET).toString('hex').toUpperCase().slice(3, 23)],
    ['short, as it is', SHORT],
    ['in the credentials of Basic', Buffer.from(`alice:${SECRET}`).toString('base64')],
    ['in the credentials of Basic, one byte on', Buffer.from(`alicia:${SECRET}`).toString('base64')],
    ['in base64url, two bytes on', Buffer.from(`{"a":"${SECRET}"}`).toString('base64url')],
    ['short, in base64', Buffer.from(`info:${SHORT}`).toString('base64')],
  ])('S5 finds a secret %s', (_how, text) => {
    expect(scan('log', line(text))).not.toEqual([]);
  });
});
