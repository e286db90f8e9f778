import { z } from 'zod';
import {
  type FilePath,
  type FileProblem,
  type JsonObject,
  fileError,
  finish,
  parseWrittenJson,
  schemaProblems,
} from '@mandate/ports';
import { type TrustedIssuerRecord, recordSchema } from './trusted-issuer-record.js';
import { MIXED_KEYS, mixesSecrets, readVerificationKeys } from '../keys/verification-keys.js';

const MEMBERS = Object.keys(recordSchema.shape);

const EXPECTED = 'is not an array of issuers, or {"issuers":[...]}';
const fileObject = z.strictObject({
  $schema: z.string().optional().describe('For editors: `docs/schemas/trusted-issuers.json`'),
  issuers: z.array(z.unknown()),
});
const fileSchema = z.union([z.array(z.unknown()), fileObject]);

/** `TRUSTED_ISSUERS_FILE`, of which {@link parseTrustedIssuers} reads one record after the other. */
export const trustedIssuersFileSchema = z.union([
  z.array(recordSchema),
  fileObject.extend({ issuers: z.array(recordSchema).describe('The records') }),
]);

/**
 * Reads `TRUSTED_ISSUERS_FILE`, an array of records, or `{"issuers":[...]}`; `//` comments are accepted. `checkRecord`
 * finds what the text alone does not show.
 * @throws FileError naming every record and member that is wrong, with line and column.
 */
export function parseTrustedIssuers(
  text: string,
  checkRecord: (record: TrustedIssuerRecord) => FileProblem[] = () => [],
): TrustedIssuerRecord[] {
  const file = fileSchema.safeParse(parseWrittenJson(text));
  if (!file.success) throw finish(fileError(text, [{ path: [], message: EXPECTED }]));
  const [items, within] = Array.isArray(file.data) ? [file.data, []] : [file.data.issuers, ['issuers']];
  const records = new Map<string, TrustedIssuerRecord>();
  const problems = items.flatMap((item, index): FileProblem[] => {
    const parsed = parseRecord(item);
    if ('problems' in parsed) return placed(parsed.problems, [...within, index]);
    const { record } = parsed;
    const twice = records.has(record.issuer) ? [{ path: ['issuer'], message: 'is listed twice' }] : [];
    records.set(record.issuer, record);
    return placed([...twice, ...checkRecord(record)], [...within, index]);
  });
  if (problems.length > 0) throw finish(fileError(text, problems));
  return [...records.values()];
}

function placed(problems: readonly FileProblem[], within: FilePath): FileProblem[] {
  return problems.map(({ path, ...problem }) => ({ ...problem, path: [...within, ...path] }));
}

function parseRecord(item: unknown): { record: TrustedIssuerRecord } | { problems: FileProblem[] } {
  const parsed = recordSchema.safeParse(item);
  if (!parsed.success) return { problems: schemaProblems(parsed.error.issues, { known: MEMBERS }) };
  const { jwks } = parsed.data;
  const problems = jwks === undefined ? [] : keyProblems(jwks);
  return problems.length > 0 ? { problems } : { record: parsed.data };
}

/** A configured key that is refused stops the start: unlike a fetched one, its owner is at hand. */
function keyProblems(keys: JsonObject): FileProblem[] {
  const path = ['jwks'];
  const read = readVerificationKeys(keys, { symmetric: true, privateMembers: false });
  if (read === undefined) return [{ path, message: 'is not a JWKS of at most 100 keys' }];
  const refused = read.refused.filter(({ reason }) => reason !== 'not_for_signatures');
  if (refused.length > 0) {
    return refused.map(({ index, reason }) => ({ path: [...path, 'keys', index], message: `is refused: ${reason}` }));
  }
  if (read.keys.length === 0) return [{ path, message: 'has no key for signatures' }];
  return mixesSecrets(read.keys) ? [{ path, message: MIXED_KEYS }] : [];
}
