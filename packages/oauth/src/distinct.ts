/** Up to so many, looking through them is faster than a set. */
const FEW = 8;

/** Each item once, in the order given. */
export function distinct<T>(items: readonly T[]): T[] {
  return items.length > FEW ? [...new Set(items)] : items.filter((item, index) => items.indexOf(item) === index);
}
