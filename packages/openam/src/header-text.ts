/** Text that every server takes out of a header as it was put in: printable ASCII, no space at the ends. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * A credential as the value of an `X-OpenAM-*` header: as it is where that is safe, else one encoded-word of RFC 2047,
 * which AM decodes. Text that looks like an encoded-word is encoded too.
 */
export function encodeHeaderText(text: string): string {
  if (PLAIN.test(text) && !text.includes('=?')) return text;
  return `=?UTF-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}
