import { z } from 'zod';
import {
  type FilePath,
  type FileProblem,
  type JsonObject,
  fileError,
  finish,
  isJsonObject,
  parseWrittenJson,
  schemaProblems,
} from '@mandate/ports';
import { SIGNATURE_ALGORITHMS } from '../jws/algorithms.js';
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
    issuer: z.string().min(1).describe('its `iss`, character by character; required'),
    jwks: jwks.optional().describe('its public keys; one of `jwks`, `jwksUri` and `openid` is required'),
    jwksUri: httpUrl.optional().describe('where its public keys are'),
    openid: z
      .union([z.literal(true), httpUrl])
      .optional()
      .describe('`true`: its keys by OpenID discovery; or the URL of the discovery document'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "file with the certificates (PEM) of the authority that signs its server's; absent: those of the system",
      ),
    bearerTokenFile: z
      .string()
      .min(1)
      .optional()
      .describe('file with the bearer token that its keys are fetched with, over https alone; absent: none'),
    audience: z
      .union([
        z
          .string()
          .min(1)
          .transform((name) => [name]),
        names,
      ])
      .optional()
      .describe('what `aud` of its tokens must name, one or several; absent: any'),
    algorithms: algorithms
      .min(1)
      .optional()
      .describe('the only algorithms that it may sign with; absent: those of its keys'),
    allowIdTokens: z.boolean().optional().describe('`true`: its ID tokens are accepted, too'),
    mayAssertMayAct: z.boolean().optional().describe('`true`: `may_act` in its tokens is believed'),
    mayAssertAct: z.boolean().optional().describe('`true`: `act` in its tokens is believed'),
    mayAssertUsers: z
      .boolean()
      .optional()
      .describe('`true`: its JWTs are accepted as user assertions (docs/acting-as.md); not implied by `own`'),
    maxLifetimeSeconds: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('longest remaining lifetime that is accepted; absent: 86400'),
    own: z
      .boolean()
      .optional()
      .describe('`true`: one of our own services: `mayAssertMayAct`, `mayAssertAct` and `requireAccessTokenType`'),
    requireAccessTokenType: z.boolean().optional().describe('`true`: `typ` must be `at+jwt`; absent: as `own`'),
    tokens: z
      .enum(['access', 'id'])
      .optional()
      .describe('what its tokens are that do not say it: `access` or `id`; absent: whatever they are declared as'),
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

const MEMBERS = Object.keys(recordSchema.shape);

/** A bearer token over http is everybody's on the way. */
function isFetchedSecurely(record: {
  issuer: string;
  jwksUri?: string | undefined;
  openid?: true | string | undefined;
}) {
  const url = record.jwksUri ?? (record.openid === true ? record.issuer : record.openid);
  return url?.startsWith('https://') === true;
}

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
  const record = withoutUndefined(parsed.data);
  const problems = record.jwks === undefined ? [] : keyProblems(record.jwks);
  return problems.length > 0 ? { problems } : { record };
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

function withoutUndefined(record: z.infer<typeof recordSchema>): TrustedIssuerRecord {
  const present = Object.entries(record).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(present), issuer: record.issuer };
}
