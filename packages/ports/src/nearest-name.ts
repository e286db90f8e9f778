/**
 * The known name that was probably meant: the same but for case and separators, or for a typo (a letter in six, two at
 * least, always less than half of the name).
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const letters = lettersOf(name);
  const limit = Math.min(Math.max(2, Math.floor(name.length / 6)), Math.ceil(name.length / 2) - 1);
  const close = [...known]
    .filter((candidate) => candidate !== name)
    .map((candidate) => ({ candidate, distance: editDistance(letters, lettersOf(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return close[0]?.candidate;
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

/** Levenshtein: the insertions, deletions and replacements of one letter that make one text of another. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column++) {
      const replaced = (row[column] ?? 0) + (from[index] === to[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
