/** Accents that stand beside their letter once a text is decomposed, characters that show nothing, and blanks. */
const LOOSE = /[\u0300-\u036f\p{C}\s]/gu;

/**
 * One name for all spellings that a directory may take for one, by which questions to a person are counted and nothing
 * else: whoever spells a name in a hundred ways may not ask a hundred times as often (docs/security.md P2).
 */
export function countedName(name: string): string {
  return name.normalize('NFKD').replace(LOOSE, '').toLowerCase();
}
