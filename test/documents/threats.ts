import { filesBelow } from './markdown.js';

const COUNTS = { T: 24, C: 11, H: 10, X: 16, K: 7, S: 12, P: 11 };

/** The ids of the threat table that the project keeps. */
export const THREATS: readonly string[] = Object.entries(COUNTS).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_none, index) => `${letter}${index + 1}`),
);

/** A string of the source that reads like the name of a test: a sentence. */
const SENTENCE = /'[^'\n]* [^'\n]*'|"[^"\n]* [^"\n]*"|`[^`\n]* [^`\n]*`/g;

/** The paths of the test files that name a threat, by its id. */
export function testsByThreat(): Map<string, string[]> {
  const files = ['packages', 'services', 'test'].flatMap((folder) => filesBelow(folder, '.test.ts'));
  return new Map(THREATS.map((id) => [id, files.filter(({ text }) => isNamed(id, text)).map(({ path }) => path)]));
}

function isNamed(id: string, source: string): boolean {
  const pattern = new RegExp(`(?<![\\w%-])${id}(?![\\w-])`);
  return (source.match(SENTENCE) ?? []).some((sentence) => pattern.test(sentence));
}
