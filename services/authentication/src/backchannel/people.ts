import * as z from 'zod';
import { fileError, finish, parseWrittenJson, schemaProblems } from '@mandate/ports';

/** Whom a login hint names: their `sub`; `undefined` for nobody we know. */
export type PersonOf = (loginHint: string) => string | undefined;

const text = z.string().min(1).max(256);

/** The file of `CIBA_PEOPLE_FILE`. */
export const peopleFileSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors: `docs/schemas/people.json`'),
  people: z
    .array(
      z.strictObject({
        sub: text.describe('`sub` of the tokens about this person; required'),
        loginHints: z.array(text).default([]).describe('what a `login_hint` may be that names them, each exactly'),
      }),
    )
    .describe('The people who may be asked'),
});

/** The person of every login hint of a people file. @throws FileError, for a hint that names two as well. */
export function parsePeople(fileText: string): Map<string, string> {
  const result = peopleFileSchema.safeParse(parseWrittenJson(fileText));
  if (!result.success) throw finish(fileError(fileText, schemaProblems(result.error.issues)));
  const people = new Map<string, string>();
  for (const [index, { sub, loginHints }] of result.data.people.entries()) {
    for (const [position, hint] of loginHints.entries()) {
      const path = ['people', index, 'loginHints', position];
      if (people.has(hint)) throw finish(fileError(fileText, [{ path, message: 'names somebody already' }]));
      people.set(hint, sub);
    }
  }
  return people;
}
