import { TEST_START, signTestParts } from '@mandate/testing';
import type { HostileToken } from './hostile-tokens.js';
import type { TokenWorld } from './token-world.js';

const base64url = (data: string | Buffer): string => Buffer.from(data).toString('base64url');

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Good tokens in another spelling or wrapping, and parts whose JSON is read differently by different parsers: T8 to T11. */
export function respelledTokens(world: TokenWorld): HostileToken[] {
  return [...duplicateMembers(world), ...otherBase64(world), ...otherSerializations(world), ...otherTexts(world)];
}

/** A token of the issuer `ec` signed over exactly these texts. */
function signedTexts(
  { issuers: { ec } }: TokenWorld,
  texts: { header?: string | Buffer; claims?: string | Buffer },
): string {
  return signTestParts(ec.key, texts.header ?? headerText(ec.key.kid), texts.claims ?? claimsText(ec.issuer));
}

const headerText = (kid: string, members = ''): string => `{"alg":"ES256","kid":"${kid}","typ":"at+jwt"${members}}`;

const claimsText = (issuer: string, members = ''): string =>
  `{"iss":"${issuer}","sub":"bob","aud":"gateway","client_id":"gateway","scope":"introspect","exp":${TEST_START + 600}${members}}`;

function duplicateMembers(world: TokenWorld): HostileToken[] {
  const { issuer, key } = world.issuers.ec;
  const headers = [',"alg":"ES256"', ',"alg":"none"', ',"kid":"other"', String.raw`,"\u0061lg":"none"`, ',"x":1,"x":1'];
  const claims = [
    ',"sub":"bob"',
    ',"sub":"root"',
    ',"iss":"https://rsa.example.com"',
    `,"exp":${TEST_START + 9000}`,
    String.raw`,"\u0073ub":"root"`,
    ',"act":{"sub":"a","sub":"b"}',
    ',"x":[{"y":1,"y":2}]',
    ',"__proto__":1,"__proto__":2',
  ];
  return [
    ...headers.map((members): HostileToken => [
      `T8 header ${members}`,
      signedTexts(world, { header: headerText(key.kid, members) }),
    ]),
    ...claims.map((members): HostileToken => [
      `T8 claims ${members}`,
      signedTexts(world, { claims: claimsText(issuer, members) }),
    ]),
  ];
}

function otherBase64(world: TokenWorld): HostileToken[] {
  const token = signedTexts(world, {});
  const [header = '', payload = '', signature = ''] = token.split('.');
  const spellings: Record<string, string> = {
    'one =': `${token}=`,
    'two =': `${token}==`,
    'a padded header': `${header}=.${payload}.${signature}`,
    'a space before': ` ${token}`,
    'a space after': `${token} `,
    'a space within': `${header}. ${payload}.${signature}`,
    'a line feed after': `${token}\n`,
    'CRLF after': `${token}\r\n`,
    'a tab after': `${token}\t`,
    'NUL after': `${token}\0`,
    'a no-break space after': `${token}\u00a0`,
    'a zero-width space within': `${header}.\u200b${payload}.${signature}`,
    quotes: `"${token}"`,
    'the word Bearer': `Bearer ${token}`,
    'percent encoding': token.replaceAll('.', '%2E'),
    'a full-width dot': token.replaceAll('.', '\uff0e'),
    'upper case': token.toUpperCase(),
    'an empty line between': token.replace('.', '.\n\n'),
    'the other alphabet': `${header}.${payload}.${signature.slice(0, -2)}+/`,
  };
  const last = ALPHABET.indexOf(signature.slice(-1));
  const tails = [1, 2, 3].map((bits): HostileToken => {
    const twin = ALPHABET[(last & ~15) | ((last + bits) & 15)] ?? '';
    return [`T9 another last letter, ${bits}`, `${token.slice(0, -1)}${twin}`];
  });
  return [...Object.entries(spellings).map(([name, text]): HostileToken => [`T9 ${name}`, text]), ...tails];
}

function otherSerializations(world: TokenWorld): HostileToken[] {
  const token = signedTexts(world, {});
  const [header = '', payload = '', signature = ''] = token.split('.');
  const serializations: Record<string, string> = {
    'flattened JSON': JSON.stringify({ payload, protected: header, signature }),
    'general JSON': JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    'JSON in base64url': base64url(JSON.stringify({ payload, protected: header, signature })),
    'one part': header,
    'four parts': `${token}.${signature}`,
    'five parts': `${token}.${signature}.${signature}`,
    'a dot before': `.${token}`,
    'a dot after': `${token}.`,
    'a detached payload': `${header}..${signature}`,
    'only dots': '..',
    'a nested JWT': signedTexts(world, { header: headerText('ec-key', ',"cty":"JWT"'), claims: token }),
    'a JWE': `${base64url('{"alg":"dir","enc":"A128GCM"}')}..${base64url('123456789012')}.${payload}.${signature}`,
    'an SD-JWT': `${token}~${base64url('["salt","sub","root"]')}~`,
    'an unprotected header': `${token}.${base64url('{"alg":"none"}')}`,
  };
  return Object.entries(serializations).map(([name, text]) => [`T10 ${name}`, text]);
}

function otherTexts(world: TokenWorld): HostileToken[] {
  const { issuer, key } = world.issuers.ec;
  const spoil = (text: string): Record<string, string | Buffer> => ({
    'a byte order mark': `\ufeff${text}`,
    'UTF-16': Buffer.from(text, 'utf16le'),
    'UTF-16 with a mark': Buffer.from(`\ufeff${text}`, 'utf16le'),
    'UTF-32': Buffer.from(Array.from(text).flatMap((letter) => [letter.charCodeAt(0), 0, 0, 0])),
    'Latin-1': Buffer.from(text.replace('{', '{"n":"\u00e9",'), 'latin1'),
    'an overlong slash': Buffer.concat([
      Buffer.from('{"n":"'),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from(`",${text.slice(1)}`),
    ]),
    'a surrogate in UTF-8': Buffer.concat([
      Buffer.from('{"n":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from(`",${text.slice(1)}`),
    ]),
    'a comment': `${text}// x`,
    'a comment within': text.replace(',', '/* x */,'),
    'a trailing comma': text.replace(/}$/, ',}'),
    'trailing text': `${text}x`,
    'two objects': `${text}${text}`,
    'NUL after it': `${text}\0`,
    'a no-break space before': `\u00a0${text}`,
    'single quotes': text.replaceAll('"', "'"),
    'names without quotes': text.replaceAll(/"(\w+)":/g, '$1:'),
    'a raw line feed in a string': text.replace('{', '{"n":"a\nb",'),
    'an escape that is none': text.replace('{', String.raw`{"n":"\x41",`),
    'an array': `[${text}]`,
    'a string': JSON.stringify(text),
    null: 'null',
    nothing: ' ',
  });
  return [
    ...Object.entries(spoil(headerText(key.kid))).map(([name, header]): HostileToken => [
      `T11 header: ${name}`,
      signedTexts(world, { header }),
    ]),
    ...Object.entries(spoil(claimsText(issuer))).map(([name, claims]): HostileToken => [
      `T11 claims: ${name}`,
      signedTexts(world, { claims }),
    ]),
  ];
}
