import { filesBelow } from './markdown.js';

const COUNTS = { T: 23, C: 11, H: 10, X: 16, K: 7, S: 12 };

/** The ids of the threat table that the project keeps. */
export const THREATS: readonly string[] = Object.entries(COUNTS).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_none, index) => `${letter}${index + 1}`),
);

/** A file with tests that are named by a threat, and how many. */
export interface ThreatTests {
  path: string;
  names: number;
}

/** A string of the source that reads like the name of a test: a sentence. */
const SENTENCE = /'[^'\n]* [^'\n]*'|"[^"\n]* [^"\n]*"|`[^`\n]* [^`\n]*`/g;

/** Which test files name which threat, by id. */
export function testsByThreat(): Map<string, ThreatTests[]> {
  const files = ['packages', 'services', 'test'].flatMap((folder) => filesBelow(folder, '.test.ts'));
  const sorted = files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return new Map(THREATS.map((id) => [id, sorted.flatMap(({ path, text }) => namesOf(id, path, text))]));
}

function namesOf(id: string, path: string, source: string): ThreatTests[] {
  const named = new RegExp(`(?<![\\w%-])${id}(?![\\w-])`);
  const names = (source.match(SENTENCE) ?? []).filter((sentence) => named.test(sentence)).length;
  return names === 0 ? [] : [{ path, names }];
}
