import { z } from 'zod';
import { type JsonObject, type JsonValue, JsonSyntaxError, isJsonObject, parseStrictJson } from '@mandate/ports';
import { SIGNATURE_ALGORITHMS } from '../jws/algorithms.js';
import { fileProblem } from './file-problem.js';
import type { TrustedIssuerRecord } from './trusted-issuer-record.js';
import { MIXED_KEYS, mixesSecrets, readVerificationKeys } from '../keys/verification-keys.js';

const httpUrl = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
  error: 'is not an http or https URL',
});
const jwks = z.custom<JsonObject>(isJsonObject, { error: 'is not a JWKS' });
const names = z.array(z.string().min(1)).min(1);
const algorithms = z.array(z.string().refine((alg) => SIGNATURE_ALGORITHMS.has(alg), { error: 'is not supported' }));

const recordSchema = z
  .strictObject({
    issuer: z.string().min(1),
    jwks: jwks.optional(),
    jwksUri: httpUrl.optional(),
    openid: z.union([z.literal(true), httpUrl]).optional(),
    caFile: z.string().min(1).optional(),
    bearerTokenFile: z.string().min(1).optional(),
    audience: z
      .union([
        z
          .string()
          .min(1)
          .transform((name) => [name]),
        names,
      ])
      .optional(),
    algorithms: algorithms.min(1).optional(),
    allowIdTokens: z.boolean().optional(),
    mayAssertMayAct: z.boolean().optional(),
    mayAssertAct: z.boolean().optional(),
    maxLifetimeSeconds: z.number().int().positive().optional(),
    own: z.boolean().optional(),
    requireAccessTokenType: z.boolean().optional(),
    tokens: z.enum(['access', 'id']).optional(),
  })
  .refine(
    ({ jwks: keys, jwksUri, openid }) => [keys, jwksUri, openid].filter((source) => source !== undefined).length === 1,
    {
      error: 'needs exactly one of jwks, jwksUri, openid',
    },
  )
  .refine(({ issuer, openid }) => openid !== true || httpUrl.safeParse(issuer).success, {
    error: 'openid: true needs an issuer that is a URL',
  })
  .refine((record) => (record.caFile ?? record.bearerTokenFile) === undefined || isFetchedSecurely(record), {
    error: 'caFile and bearerTokenFile need keys that are fetched by https',
  });

/** A bearer token over http is everybody's on the way. */
function isFetchedSecurely(record: {
  issuer: string;
  jwksUri?: string | undefined;
  openid?: true | string | undefined;
}) {
  const url = record.jwksUri ?? (record.openid === true ? record.issuer : record.openid);
  return url?.startsWith('https://') === true;
}

/**
 * Reads `TRUSTED_ISSUERS_FILE`, an array of records; `//` comments are accepted.
 * @throws FileError naming the record by its index, and the member.
 */
export function parseTrustedIssuers(text: string): TrustedIssuerRecord[] {
  const value = parseJson(text);
  if (!Array.isArray(value)) throw fileProblem('', 'is not an array of issuers');
  const records = value.map((item, index) => parseRecord(item, `[${index}]`));
  const seen = new Set<string>();
  records.forEach(({ issuer }, index) => {
    if (seen.has(issuer)) throw fileProblem(`[${index}].issuer`, 'is listed twice');
    seen.add(issuer);
  });
  return records;
}

function parseRecord(item: JsonValue, place: string): TrustedIssuerRecord {
  const parsed = recordSchema.safeParse(item);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
    throw fileProblem(`${place}${path.join('')}`, issue === undefined ? 'is wrong' : problemOf(issue));
  }
  const record = withoutUndefined(parsed.data);
  if (record.jwks !== undefined) checkKeys(record.jwks, `${place}.jwks`);
  return record;
}

/** A configured key that is refused stops the start: unlike a fetched one, its owner is at hand. */
function checkKeys(keys: JsonObject, place: string): void {
  const read = readVerificationKeys(keys, { symmetric: true, privateMembers: false });
  if (read === undefined) throw fileProblem(place, 'is not a JWKS of at most 100 keys');
  const refused = read.refused.find(({ reason }) => reason !== 'not_for_signatures');
  if (refused !== undefined) throw fileProblem(`${place}.keys[${refused.index}]`, `is refused: ${refused.reason}`);
  if (read.keys.length === 0) throw fileProblem(place, 'has no key for signatures');
  if (mixesSecrets(read.keys)) throw fileProblem(place, MIXED_KEYS);
}

/** zod's own messages for unrecognised members name them, which is wanted; none quotes a value. */
function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `has an unknown member ${issue.keys.join(', ')}`;
  return issue.code === 'custom' ? issue.message : `is not ${issue.code === 'invalid_type' ? issue.expected : 'valid'}`;
}

function withoutUndefined(record: z.infer<typeof recordSchema>): TrustedIssuerRecord {
  const present = Object.entries(record).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(present), issuer: record.issuer };
}

function parseJson(text: string): JsonValue {
  try {
    return parseStrictJson(text, { comments: true });
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw fileProblem('', `is not JSON: ${error.message}`);
    throw error;
  }
}
