/** The three parts of a compact JWS. */
export const partsOf = (token: string): string[] => token.split('.');
const bytesOf = (part = ''): Buffer => Buffer.from(part, 'base64url');
const withPart = (token: string, index: number, part: string): string =>
  partsOf(token)
    .map((old, at) => (at === index ? part : old))
    .join('.');
const withText = (token: string, index: number, change: (text: string) => string): string =>
  withPart(token, index, Buffer.from(change(bytesOf(partsOf(token)[index]).toString())).toString('base64url'));

/** A change of a token; `at` says where, `other` is another valid token. */
export type Mutation = (token: string, at: number, other: string) => string;

/** Ways to change a token, by what they change. */
export const mutations: Record<string, Mutation> = {
  'a bit of the text': (token, at) => {
    const bytes = Buffer.from(token);
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << (at % 7));
    return bytes.toString('latin1');
  },
  'a bit of a part': (token, at) => {
    const bytes = bytesOf(partsOf(token)[at % 3]);
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << (at % 8));
    return withPart(token, at % 3, bytes.toString('base64url'));
  },
  'a part of another token': (token, at, other) => withPart(token, at % 3, partsOf(other)[at % 3] ?? ''),
  'its parts in another order': (token, at) => {
    const segments = partsOf(token);
    return [...segments.slice(1 + (at % 2)), ...segments.slice(0, 1 + (at % 2))].join('.');
  },
  'the halves of two tokens': (token, at, other) => token.slice(0, at % token.length) + other.slice(at % other.length),
  'a piece less': (token, at) => token.slice(0, at % token.length) + token.slice((at % token.length) + 1 + (at % 5)),
  'a piece twice': (token, at) => token.slice(0, at % token.length) + token.slice((at % token.length) - (at % 9)),
  'a letter more': (token, at) => {
    const letters = ['A', '=', '.', ' ', '\n', '\0', '+', '/', '%', '\ufeff', '\u200b', '\u212a', '\u017f'];
    return token.slice(0, at % token.length) + (letters[at % letters.length] ?? '') + token.slice(at % token.length);
  },
  'the other case of a letter': (token, at) => {
    const letter = token[at % token.length] ?? '';
    const otherCase = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
    return token.slice(0, at % token.length) + otherCase + token.slice((at % token.length) + 1);
  },
  'white space in its JSON': (token, at) => withText(token, at % 2, (text) => text.replaceAll(',', ', ')),
  'escapes in its JSON': (token, at) => withText(token, at % 2, (text) => text.replace('"a', String.raw`"\u0061`)),
  'members in another order': (token, at) =>
    withText(token, at % 2, (text) => text.replace(/^\{([^,]*),(.*)\}$/, '{$2,$1}')),
  'another algorithm': (token, at) => {
    const algs = ['none', 'HS256', 'HS512', 'RS256', 'PS256', 'RS512', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
    return withText(token, 0, (text) => text.replace(/"alg":"\w+"/, `"alg":"${algs[at % algs.length]}"`));
  },
  'the header of a longer life': (token, at) =>
    withText(token, 1, (text) => text.replace(/"exp":(\d+)/, (_, exp: string) => `"exp":${Number(exp) + 1 + at}`)),
  'standard base64': (token) => token.replaceAll('-', '+').replaceAll('_', '/'),
  padding: (token, at) => withPart(token, at % 3, `${partsOf(token)[at % 3] ?? ''}${'='.repeat(1 + (at % 3))}`),
  'a signature in DER, doubled, cut or turned': (token, at) => {
    const signature = bytesOf(partsOf(token)[2]);
    const half = signature.length / 2;
    const changedSignatures = [
      Buffer.concat([Buffer.from([0x30, signature.length]), signature]),
      Buffer.concat([signature, signature]),
      signature.subarray(0, half),
      Buffer.concat([signature.subarray(half), signature.subarray(0, half)]),
      Buffer.alloc(signature.length),
      Buffer.from(signature).reverse(),
    ];
    return withPart(token, 2, (changedSignatures[at % changedSignatures.length] ?? signature).toString('base64url'));
  },
};
