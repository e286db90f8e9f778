import * as z from 'zod';
import {
  fileError,
  type FilePath,
  type FileProblem,
  finish,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseWrittenJsonInSteps,
  schemaProblems,
  type Steps,
} from '@mandate/ports';
import { isNamePattern, isScopeToken, isValidAudience, isValidResource, MAX_TARGETS } from '@mandate/oauth';
import { ASYMMETRIC_ALGORITHMS, readVerificationKeys } from '@mandate/token';
import { AUTHENTICATION_METHODS } from '../authentication/method-names.js';
import { credentialProblems, isWithoutKeys } from '../authentication/required-credentials.js';
import { CLIENT_KEY_RULES } from '../keys/client-keys.js';
import { backchannelMembers, backchannelProblems } from './backchannel-members.js';
import type { Client, ClientSecret, DefaultTarget } from './client.js';
import { createSecretSchemes, type SecretSchemes, type SecretSettings } from '../secrets/secret-schemes.js';

const MAX_ID_LENGTH = 256;
// eslint-disable-next-line no-control-regex -- control characters never belong in an identifier
const CONTROL_CHARACTER = /[\x00-\x1f\x7f]/;

const text = z.string().min(1);
const clientId = text
  .max(MAX_ID_LENGTH)
  .refine((id) => !CONTROL_CHARACTER.test(id), { message: 'has a control character' });
const namePattern = text.refine(isNamePattern, { message: 'is no name, nor the beginning of one followed by *' });

/** Whether some record may have this id. */
export function isClientId(id: string): boolean {
  return clientId.safeParse(id).success;
}

const jsonObject = z.custom<JsonObject>(isJsonObject, { message: 'expected an object' });
const keySet = jsonObject.superRefine((jwks, context) => {
  const problem = keySetProblem(jwks);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
const resource = text.refine((name) => isValidResource(name, 'ims'), { message: 'not a resource' });
const defaultTarget = z.union([
  resource.transform((name): DefaultTarget => ({ resource: name })),
  z.strictObject({ audience: text.refine(isValidAudience, { message: 'not an audience' }) }),
]);
const clientSecret = z.union([
  text.transform((value): ClientSecret => ({ value })),
  z.strictObject({ value: text, expiresAt: z.int().nonnegative().optional() }),
]);

const record = z
  .strictObject({
    clientId: clientId.describe('the identifier of the client; required'),
    clientSecret: text
      .optional()
      .describe('its secret, plain or as `npm run client:hash` prints it; a secret or keys are required'),
    clientSecrets: z
      .array(clientSecret)
      .default([])
      .describe('more secrets, each as text or `{"value","expiresAt"}` (epoch seconds), so that one can be replaced'),
    scopes: z
      .array(z.string().refine(isScopeToken, { message: 'not a scope token' }))
      .default([])
      .describe('the scopes it may have; absent: none'),
    tokenExpirationSeconds: z
      .int()
      .positive()
      .nullish()
      .describe("lifetime of its tokens; absent or `null`: the service's own"),
    enabled: z.boolean().optional().describe('`false`: it is not known, as if it had no record'),
    attributes: jsonObject.default({}).describe('whatever else is known of it, for claim profiles'),
    grantTypes: z.array(text).optional().describe('the grants it may use; absent: all that the endpoint has'),
    tokenEndpointAuthMethod: z
      .enum([...AUTHENTICATION_METHODS, 'none'])
      .optional()
      .describe('the one way it authenticates; absent: whatever its credentials allow'),
    tokenEndpointAuthSigningAlg: z
      .enum(ASYMMETRIC_ALGORITHMS)
      .optional()
      .describe('the one algorithm of its assertions; absent: what its keys are for'),
    jwks: keySet.optional().describe('its public keys, `{"keys":[...]}`'),
    jwksUri: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('where its public keys are, instead of `jwks`'),
    audiences: z.array(text).min(1).optional().describe('`aud` of the tokens issued to it; absent: `TOKEN_AUDIENCE`'),
    mayAssertUsers: z
      .union([z.boolean(), z.strictObject({ subs: z.array(namePattern).min(1) })])
      .optional()
      .describe(
        'whom it may assert with a JWT that it signs: `true` is anybody, `{"subs"}` lists names, or beginnings of names followed by `*`; absent: nobody',
      ),
    resourceServerFor: z
      .array(text)
      .optional()
      .describe(
        'what it is called as a resource server; where present, it may introspect tokens for no other audience',
      ),
    defaultTargets: z
      .array(defaultTarget)
      .min(1)
      .max(MAX_TARGETS)
      .optional()
      .describe(
        'what its token exchanges are for when they name no target: each a `resource` as text, or `{"audience"}`; the policy decides of them as of any',
      ),
    tlsClientCertificateBoundAccessTokens: z
      .boolean()
      .optional()
      .describe('`true`: its access tokens are bound to its TLS certificate, and without one it gets none'),
    ...backchannelMembers,
  })
  .superRefine(checkMembers);

type ClientRecord = z.infer<typeof record>;

const clientObject = z.strictObject({
  $schema: z.string().optional().describe('For editors: `docs/schemas/clients.json`'),
  clients: z.array(z.unknown()),
});
const EXPECTED = 'expected an array of clients, or {"clients":[...]}';

/** The client file, of which {@link parseClients} reads one record after the other. */
export const clientFileSchema = z.union([
  z.array(record),
  clientObject.extend({ clients: z.array(record).describe('The records') }),
]);

/**
 * Parses the text of a client file: an array of records, or IMS's `{"clients":[...]}`; `//` comments are allowed.
 * `settings` tells what a stored secret without a prefix is, so that a malformed one is found here.
 * @throws FileError naming every record and member that is wrong, with line and column.
 */
export function parseClients(fileText: string, settings?: SecretSettings): Map<string, Client> {
  return finish(parseClientsInSteps(fileText, settings));
}

/** As {@link parseClients}, one record after the other. */
export function* parseClientsInSteps(
  fileText: string,
  settings: SecretSettings = { scheme: 'none' },
): Steps<Map<string, Client>> {
  const schemes = createSecretSchemes(settings);
  const problems: FileProblem[] = [];
  const clients = new Map<string, Client>();
  const rest = yield* parseWrittenJsonInSteps(fileText, (path, value) => {
    if (!isPlaceOfRecord(path)) return false;
    const place = [...path];
    const result = parseClient(value, place, schemes);
    problems.push(...('client' in result ? idProblems(result.client, place, clients) : result.problems));
    if ('client' in result) clients.set(result.client.clientId, result.client);
    return true;
  });
  if (!isClientFile(rest)) problems.splice(0, Infinity, { path: [], message: EXPECTED });
  if (problems.length > 0) throw yield* fileError(fileText, problems);
  return clients;
}

/** Records are taken as they are read, so that of a large file only the clients are kept. */
function isPlaceOfRecord([first, second, ...deeper]: FilePath): boolean {
  const index = first === 'clients' ? second : first;
  return typeof index === 'number' && deeper.length === 0 && (first === 'clients' || second === undefined);
}

/** What is left of a file when its records were taken: none of them is looked at again. */
function isClientFile(rest: JsonValue): boolean {
  if (Array.isArray(rest)) return true;
  if (!isJsonObject(rest) || !Array.isArray(rest['clients'])) return false;
  return clientObject.safeParse({ ...rest, clients: [] }).success;
}

/** A record as it is stored, or what is wrong with it: the member and why, without its value. */
export type ReadRecord = { ok: true; client: Client } | { ok: false; problem: string };

/** Reads one record of a store that others write to as well: members that are unknown or `null` are not there. */
export function createRecordReader(settings: SecretSettings): (record: JsonObject) => ReadRecord {
  const schemes = createSecretSchemes(settings);
  return (record) => {
    const members = Object.entries(record).filter(([member, value]) => MEMBER_FORMS.has(member) && value !== null);
    const result = parseClient(Object.fromEntries(members), [], schemes);
    if ('client' in result) return { ok: true, client: result.client };
    return {
      ok: false,
      problem: result.problems.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
    };
  };
}

/** How a store of texts keeps a member: as it is, as several values, or as the text of its JSON. */
export type MemberForm = 'text' | 'texts' | 'json';

/** Every member of a record, and its form in a store of texts. */
export const MEMBER_FORMS: ReadonlyMap<string, MemberForm> = new Map(
  Object.entries(record.shape).map(([member, schema]) => [member, formOf(schema)]),
);

/** The names of the members of a record, each of which every store keeps. */
export const CLIENT_MEMBERS: readonly string[] = [...MEMBER_FORMS.keys()];

function formOf(schema: z.core.$ZodType): MemberForm {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return formOf(schema.def.innerType);
  }
  if (schema instanceof z.ZodArray) return formOf(schema.def.element) === 'text' ? 'texts' : 'json';
  return ['string', 'enum'].includes(schema._zod.def.type) ? 'text' : 'json';
}

type ParsedClient = { client: Client } | { problems: FileProblem[] };

function parseClient(value: unknown, place: FilePath, schemes: SecretSchemes): ParsedClient {
  const result = record.safeParse(value);
  if (!result.success)
    return { problems: schemaProblems(result.error.issues, { within: place, known: CLIENT_MEMBERS }) };
  const { clientSecret: first, clientSecrets, tokenExpirationSeconds, ...rest } = result.data;
  const problems: FileProblem[] = [];
  const load = (secret: ClientSecret, ...path: FilePath): ClientSecret => {
    const outcome = schemes.load(secret.value);
    if (!outcome.ok) problems.push({ path: [...place, ...path], message: outcome.problem });
    return outcome.ok ? { ...secret, value: outcome.value } : secret;
  };
  const secrets = clientSecrets.map((secret, index) => load(secret, 'clientSecrets', index));
  if (first !== undefined) secrets.unshift(load({ value: first }, 'clientSecret'));
  if (problems.length > 0) return { problems };
  return { client: { ...rest, secrets, tokenExpirationSeconds: tokenExpirationSeconds ?? undefined } };
}

function idProblems({ clientId: id }: Client, place: FilePath, earlier: ReadonlyMap<string, Client>): FileProblem[] {
  return earlier.has(id) ? [{ path: [...place, 'clientId'], message: 'is used by an earlier record' }] : [];
}

/** The members agree with each other. */
function checkMembers(client: ClientRecord, context: z.RefinementCtx): void {
  const problems = [...credentialProblems(client), ...backchannelProblems(client, isWithoutKeys(client))];
  for (const [isWrong, member, message] of problems) {
    if (isWrong) context.addIssue({ code: 'custom', path: [member], message });
  }
}

/** A set without one usable key would shut the client out. Says why the keys are refused, and nothing of them. */
function keySetProblem(jwks: JsonObject): string | undefined {
  const keySet = Array.isArray(jwks['keys']) ? readVerificationKeys(jwks, CLIENT_KEY_RULES) : undefined;
  if (keySet === undefined) return 'expected {"keys":[...]} with at most 100 keys';
  if (keySet.keys.length > 0) return undefined;
  const reasons = new Set(keySet.refused.map(({ reason }) => reason));
  return `has no usable key (${[...reasons].join(', ') || 'none at all'})`;
}
