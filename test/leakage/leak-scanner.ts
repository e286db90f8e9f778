/** A value that must never be seen outside the request or the setting that carries it. */
export interface Canary {
  name: string;
  value: string;
}

/** Where a piece of a canary was found. It does not hold the piece. */
export interface Leak {
  canary: string;
  form: string;
  place: string;
  offset: number;
  length: number;
}

/** Shorter pieces are found in innocent text as well; a form that is shorter is looked for as a whole. */
export const PIECE_LENGTH = 20;

type Form = [name: string, render: (value: string) => string];

const FORMS: readonly Form[] = [
  ['as it is', (value) => value],
  ['percent-encoded', (value) => encodeURIComponent(value)],
  ['form-encoded', (value) => new URLSearchParams({ x: value }).toString().slice(2)],
  ['JSON', (value) => JSON.stringify(value).slice(1, -1)],
  ['hexadecimal', (value) => Buffer.from(value).toString('hex')],
  ['HEXADECIMAL', (value) => Buffer.from(value).toString('hex').toUpperCase()],
  ...[0, 1, 2].map((before): Form => ['base64', (value) => insideBase64(value, before, 'base64')]),
  ...[0, 1, 2].map((before): Form => ['base64url', (value) => insideBase64(value, before, 'base64url')]),
];

/** A value in base64 where it stands behind so many other bytes, without the characters those share. */
function insideBase64(value: string, before: number, encoding: 'base64' | 'base64url'): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
  const base64 = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString(encoding);
  return base64.slice(Math.ceil((before * 8) / 6));
}

interface Rendered {
  canary: string;
  form: string;
  text: string;
}

/** Any piece covers one of these whole, so that it is enough to look those up, and to see how far the likeness goes. */
const BLOCK_LENGTH = PIECE_LENGTH / 2;

/** Finds canaries in text: any 20 characters in a row, as they are or in another form. Each run is told once. */
export function createLeakScanner(canaries: readonly Canary[]): (place: string, text: string) => Leak[] {
  const renderings = canaries.flatMap(({ name: canary, value }) =>
    FORMS.map(([form, render]): Rendered => ({ canary, form, text: render(value) })),
  );
  const shortRenderings = renderings.filter(({ text }) => text.length < PIECE_LENGTH);
  const blocks = indexBlocks(renderings.filter(({ text }) => text.length >= PIECE_LENGTH));

  const leakAt = (text: string, offset: number): Omit<Leak, 'place'> | undefined => {
    for (const { of, at } of blocks.get(text.slice(offset, offset + BLOCK_LENGTH)) ?? []) {
      let before = 0;
      while (before < at && before < offset && of.text[at - before - 1] === text[offset - before - 1]) before++;
      let length = before + BLOCK_LENGTH;
      while (at - before + length < of.text.length && of.text[at - before + length] === text[offset - before + length])
        length++;
      if (length >= PIECE_LENGTH) return { canary: of.canary, form: of.form, offset: offset - before, length };
    }
    return undefined;
  };

  return (place, text) => {
    const leaks: Leak[] = [];
    for (const { canary, form, text: value } of shortRenderings) {
      const offset = text.indexOf(value);
      if (offset !== -1) leaks.push({ canary, form, place, offset, length: value.length });
    }
    for (let offset = 0; offset + BLOCK_LENGTH <= text.length; offset++) {
      const leak = leakAt(text, offset);
      if (leak === undefined) continue;
      leaks.push({ ...leak, place });
      offset = leak.offset + leak.length - BLOCK_LENGTH;
    }
    return leaks;
  };
}

function indexBlocks(renderings: readonly Rendered[]): Map<string, { of: Rendered; at: number }[]> {
  const blocks = new Map<string, { of: Rendered; at: number }[]>();
  for (const of of renderings) {
    for (let at = 0; at + BLOCK_LENGTH <= of.text.length; at += BLOCK_LENGTH) {
      const block = of.text.slice(at, at + BLOCK_LENGTH);
      const places = blocks.get(block);
      if (places === undefined) blocks.set(block, [{ of, at }]);
      else places.push({ of, at });
    }
  }
  return blocks;
}
