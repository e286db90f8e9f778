/**
 * Whether text can stand for names: a name as it is, or the beginning of some followed by one `*`, the last character.
 * Not `*` alone, which would be anybody.
 */
export function isNamePattern(text: string): boolean {
  const star = text.indexOf('*');
  return text !== '' && (star === -1 || (star === text.length - 1 && star > 0));
}

/** Whether a pattern stands for a name, octet for octet. Of a text that is no pattern only the very same. */
export function matchesName(pattern: string, name: string): boolean {
  if (name === '' || !pattern.endsWith('*') || !isNamePattern(pattern)) return pattern === name;
  return name.startsWith(pattern.slice(0, -1));
}
