import type { JsonValue } from './json-value.js';

/** Deepest nesting of arrays and objects that is read. */
export const MAX_JSON_DEPTH = 100;

/**
 * The value of a text that is exactly what the platform writes for it, as most issuers and servers do: `undefined` for
 * any other text, which may be JSON all the same. What parsers differ on would be written otherwise than it stands: of
 * duplicate members one, of a number that overflows `null`. Objects have no prototype; nesting is at most 100.
 */
export function readPlatformJson(text: string): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return JSON.stringify(value) === text && dropPrototypes(value, MAX_JSON_DEPTH) ? value : undefined;
  } catch {
    // Whoever reads it as it stands says what is wrong with it, without quoting it.
    return undefined;
  }
}

/** Whether it was nested no deeper than so many levels, and so every object in it has no prototype now. */
function dropPrototypes(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (!Array.isArray(value)) Object.setPrototypeOf(value, null);
  return Object.values(value).every((member) => dropPrototypes(member, levels - 1));
}
