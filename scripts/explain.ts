/**
 * npm run explain -- --subject-token TOKEN [--actor-token TOKEN] [--resource R]... [--audience A]... [--scope "a b"]
 *
 * Asks a running token-exchange why it would or would not make this exchange, and draws the answer as a checked list.
 * Nothing is issued. A token is given as @FILE, or as - for standard input, so that it stays out of the shell history
 * and the process list; or as it is.
 *
 *   --subject-token-type, --actor-token-type   access_token (default), id_token, jwt, or an identifier
 *   --requested-token-type TYPE, --narrow      as in the exchange
 *   --url URL                                  default http://127.0.0.1:8080, the standalone
 *   --client ID:SECRET                         or @FILE; default: the client of the standalone's development set-up
 *   --bearer TOKEN                             or @FILE or -; in place of --client, a token with the scope explain
 *
 * Exit status: 0 permit, 1 deny, 2 no verdict (a dependency failed, or the request was refused), 64 usage.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { explanation, renderExplanation } from './render-explanation.js';

const DEVELOPMENT_CLIENT = 'photo-app:photo-app-development';
const TYPE = 'urn:ietf:params:oauth:token-type:';
const OPTIONS = {
  'subject-token': { type: 'string' },
  'subject-token-type': { type: 'string', default: 'access_token' },
  'actor-token': { type: 'string' },
  'actor-token-type': { type: 'string', default: 'access_token' },
  resource: { type: 'string', multiple: true },
  audience: { type: 'string', multiple: true },
  scope: { type: 'string' },
  'requested-token-type': { type: 'string' },
  narrow: { type: 'boolean', default: false },
  url: { type: 'string', default: 'http://127.0.0.1:8080' },
  client: { type: 'string' },
  bearer: { type: 'string' },
} as const;

class UsageError extends Error {}

function readOptions() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const subject = values['subject-token'];
    if (subject === undefined) throw new UsageError('--subject-token is needed: @FILE, - or the token');
    if ([subject, values['actor-token'], values.bearer].filter((given) => given === '-').length > 1)
      throw new UsageError('only one token can be on standard input');
    if (values.client !== undefined && values.bearer !== undefined)
      throw new UsageError('the caller is --client or --bearer, not both');
    return { ...values, 'subject-token': subject };
  } catch (error) {
    // Its message names the option; a value stands in it only where it was no option's, which may be a token.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === undefined) throw error;
    throw new UsageError('an option is unknown, has no value, or a value has no option');
  }
}

/** A secret as given, out of a file (`@FILE`), or from standard input (`-`). */
function readSecret(given: string): string {
  if (given === '-') return readFileSync(0, 'utf8').trim();
  return given.startsWith('@') ? readFileSync(given.slice(1), 'utf8').trim() : given;
}

function typeIdentifier(name: string): string {
  return name.includes(':') ? name : TYPE + name;
}

function formOf(values: ReturnType<typeof readOptions>): URLSearchParams {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: readSecret(values['subject-token']),
    subject_token_type: typeIdentifier(values['subject-token-type']),
  });
  const { 'actor-token': actor, 'requested-token-type': requested, scope } = values;
  if (actor !== undefined) {
    form.set('actor_token', readSecret(actor));
    form.set('actor_token_type', typeIdentifier(values['actor-token-type']));
  }
  for (const resource of values.resource ?? []) form.append('resource', resource);
  for (const audience of values.audience ?? []) form.append('audience', audience);
  if (scope !== undefined) form.set('scope', scope);
  if (requested !== undefined) form.set('requested_token_type', typeIdentifier(requested));
  if (values.narrow) form.set('narrow', 'true');
  return form;
}

/** Who asks: a client with its secret, or whoever has the token. */
function authorizationOf({ client, bearer }: Pick<ReturnType<typeof readOptions>, 'client' | 'bearer'>): string {
  return bearer === undefined ? basic(readSecret(client ?? DEVELOPMENT_CLIENT)) : `Bearer ${readSecret(bearer)}`;
}

/** HTTP Basic by RFC 6749 section 2.3.1: both halves form-encoded. */
function basic(client: string): string {
  const colon = client.indexOf(':');
  if (colon === -1) throw new UsageError('--client is ID:SECRET, or @FILE with that in it');
  const halves = [client.slice(0, colon), client.slice(colon + 1)].map(encodeURIComponent);
  return `Basic ${Buffer.from(halves.join(':')).toString('base64')}`;
}

const refusal = z.looseObject({ error: z.string(), error_description: z.string().optional() });

async function main(): Promise<number> {
  const values = readOptions();
  const url = `${values.url.replace(/\/$/, '')}/service/explain`;
  const headers = { authorization: authorizationOf(values) };
  const response = await fetch(url, { method: 'POST', headers, body: formOf(values) }).catch(() => undefined);
  if (response === undefined) return complain(`${url} does not answer`);
  const body: unknown = await response.json().catch(() => undefined);
  const answer = explanation.safeParse(body);
  if (response.status === 200 && answer.success) {
    process.stdout.write(renderExplanation(answer.data, { colour: process.stdout.isTTY }));
    return { permit: 0, deny: 1, error: 2 }[answer.data.verdict];
  }
  const { error, error_description: description } = refusal.catch({ error: 'no explanation' }).parse(body);
  return complain(`${response.status} ${error}${description === undefined ? '' : `: ${description}`}`);
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return 2;
}

main().then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    process.stderr.write(`${error instanceof UsageError ? error.message : `a file cannot be read (${code})`}\n`);
    process.exitCode = 64;
  },
);
