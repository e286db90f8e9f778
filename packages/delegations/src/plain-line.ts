const PLAIN_LINE = /^(?=.*[\p{L}\p{N}\p{P}\p{S}])(?!.*(?!\p{M})\p{DI})[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u;

/**
 * Whether it is a line that a person can be shown: no control or direction characters, which could show them something
 * else, and no blank one, which shows them nothing.
 */
export function isPlainLine(text: string): boolean {
  return PLAIN_LINE.test(text);
}
