import * as z from 'zod';
import {
  FileError,
  finish,
  isJsonObject,
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  parseStrictJsonInSteps,
  type Steps,
} from '@mandate/ports';
import { isScopeToken } from '@mandate/oauth';
import { ASYMMETRIC_ALGORITHMS, readVerificationKeys } from '@mandate/token';
import { CLIENT_KEY_RULES } from '../keys/client-keys.js';
import type { Client, ClientSecret, TokenEndpointAuthMethod } from './client.js';
import { createSecretSchemes, type SecretSchemes, type SecretSettings } from '../secrets/secret-schemes.js';

const MAX_ID_LENGTH = 256;
// eslint-disable-next-line no-control-regex -- control characters never belong in an identifier
const CONTROL_CHARACTER = /[\x00-\x1f\x7f]/;

const text = z.string().min(1);
const clientId = text
  .max(MAX_ID_LENGTH)
  .refine((id) => !CONTROL_CHARACTER.test(id), { message: 'has a control character' });
const jsonObject = z.custom<JsonObject>(isJsonObject, { message: 'expected an object' });
const keySet = jsonObject.superRefine((jwks, context) => {
  const problem = keySetProblem(jwks);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
const clientSecret = z.union([
  text.transform((value): ClientSecret => ({ value })),
  z.strictObject({ value: text, expiresAt: z.int().nonnegative().optional() }),
]);

const record = z
  .strictObject({
    clientId,
    clientSecret: text.optional(),
    clientSecrets: z.array(clientSecret).default([]),
    scopes: z.array(z.string().refine(isScopeToken, { message: 'not a scope token' })).default([]),
    tokenExpirationSeconds: z.int().positive().nullish(),
    attributes: jsonObject.default({}),
    grantTypes: z.array(text).optional(),
    tokenEndpointAuthMethod: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
      .optional(),
    tokenEndpointAuthSigningAlg: z.enum(ASYMMETRIC_ALGORITHMS).optional(),
    jwks: keySet.optional(),
    jwksUri: z.url({ protocol: /^https?$/ }).optional(),
    audiences: z.array(text).min(1).optional(),
    resourceServerFor: z.array(text).optional(),
  })
  .superRefine(checkCredentials);

type ClientRecord = z.infer<typeof record>;

const clientFile = z.union([z.array(z.unknown()), z.strictObject({ clients: z.array(z.unknown()) })]);

/**
 * Parses the text of a client file: an array of records, or IMS's `{"clients":[...]}`; `//` comments are allowed.
 * `settings` tells what a stored secret without a prefix is, so that a malformed one is found here.
 * @throws FileError naming every record and member that is wrong.
 */
export function parseClients(fileText: string, settings?: SecretSettings): Map<string, Client> {
  return finish(parseClientsInSteps(fileText, settings));
}

/** As {@link parseClients}, one record after the other. */
export function* parseClientsInSteps(
  fileText: string,
  settings: SecretSettings = { scheme: 'none' },
): Steps<Map<string, Client>> {
  const file = clientFile.safeParse(yield* readJson(fileText));
  if (!file.success) throw new FileError(['the file: expected an array of clients, or {"clients":[...]}']);
  const records = Array.isArray(file.data) ? file.data : file.data.clients;
  const schemes = createSecretSchemes(settings);
  const problems: string[] = [];
  const clients = new Map<string, Client>();
  for (const [index, value] of records.entries()) {
    const parsed = parseClient(value, schemes);
    const found = 'client' in parsed ? idProblems(parsed.client, clients) : parsed.problems;
    problems.push(...found.map((problem) => `clients[${index}]${problem}`));
    if ('client' in parsed) clients.set(parsed.client.clientId, parsed.client);
    yield;
  }
  if (problems.length > 0) throw new FileError(problems);
  return clients;
}

function parseClient(value: unknown, schemes: SecretSchemes): { client: Client } | { problems: string[] } {
  const parsed = record.safeParse(value);
  if (!parsed.success) return { problems: parsed.error.issues.map(describeIssue) };
  const { clientSecret: first, clientSecrets, tokenExpirationSeconds, ...rest } = parsed.data;
  const problems: string[] = [];
  const load = (secret: ClientSecret, member: string): ClientSecret => {
    const loaded = schemes.load(secret.value);
    if (!loaded.ok) problems.push(`.${member}: ${loaded.problem}`);
    return loaded.ok ? { ...secret, value: loaded.stored } : secret;
  };
  const secrets = clientSecrets.map((secret, index) => load(secret, `clientSecrets[${index}]`));
  if (first !== undefined) secrets.unshift(load({ value: first }, 'clientSecret'));
  if (problems.length > 0) return { problems };
  return { client: { ...rest, secrets, tokenExpirationSeconds: tokenExpirationSeconds ?? undefined } };
}

function idProblems({ clientId: id }: Client, earlier: ReadonlyMap<string, Client>): string[] {
  return earlier.has(id) ? ['.clientId: is used by an earlier record'] : [];
}

/** How the client authenticates, and what it would need for that, agree. */
function checkCredentials(client: ClientRecord, context: z.RefinementCtx): void {
  const { jwks, jwksUri, tokenEndpointAuthMethod: method, tokenEndpointAuthSigningAlg: signingAlg } = client;
  const withoutSecret = client.clientSecret === undefined && client.clientSecrets.length === 0;
  const withoutKeys = jwks === undefined && jwksUri === undefined;
  const withNothing = withoutSecret && withoutKeys;
  const problems: [boolean, string, string][] = [
    [jwks !== undefined && jwksUri !== undefined, 'jwksUri', 'is given together with jwks'],
    [method === 'none' && !withNothing, 'tokenEndpointAuthMethod', 'is none beside a secret or a key'],
    [method === 'private_key_jwt' && withoutKeys, 'jwks', 'is required, or jwksUri, with private_key_jwt'],
    [signingAlg !== undefined && withoutKeys, 'tokenEndpointAuthSigningAlg', 'is given without keys'],
    [isSecretMethod(method) && withoutSecret, 'clientSecret', 'is required'],
    [method === undefined && withNothing, 'clientSecret', 'is required'],
  ];
  for (const [wrong, member, message] of problems) {
    if (wrong) context.addIssue({ code: 'custom', path: [member], message });
  }
}

/** A set without one usable key would shut the client out. Says why the keys are refused, and nothing of them. */
function keySetProblem(jwks: JsonObject): string | undefined {
  const read = Array.isArray(jwks['keys']) ? readVerificationKeys(jwks, CLIENT_KEY_RULES) : undefined;
  if (read === undefined) return 'expected {"keys":[...]} with at most 100 keys';
  if (read.keys.length > 0) return undefined;
  const reasons = new Set(read.refused.map(({ reason }) => reason));
  return `has no usable key (${[...reasons].join(', ') || 'none at all'})`;
}

function isSecretMethod(method: TokenEndpointAuthMethod | undefined): boolean {
  return method === 'client_secret_basic' || method === 'client_secret_post';
}

function* readJson(fileText: string): Steps<JsonValue> {
  try {
    return yield* parseStrictJsonInSteps(fileText, { comments: true });
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new FileError([error.message]);
    throw error;
  }
}

function describeIssue({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  const member = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${member}: ${message}`;
}
