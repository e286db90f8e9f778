/**
 * npm run explain -- --subject-token TOKEN [--actor-token TOKEN] [--resource R]... [--audience A]... [--scope "a b"]
 * npm run explain -- --assertion TOKEN [--act-as NAME] [--resource R]... [--audience A]... [--scope "a b"]
 *
 * Asks a running token-exchange why it would or would not make this exchange, or issue for this assertion, and draws the
 * answer as a checked list. Nothing is issued, and no assertion used up. A token is given as @FILE, or as - for standard
 * input, so that it stays out of the shell history and the process list; or as it is.
 *
 *   --assertion TOKEN                          in place of --subject-token: the JWT bearer grant (RFC 7523)
 *   --act-as NAME                              whom the assertion's subject would act as (docs/acting-as.md)
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
  'subject-token-type': { type: 'string' },
  'actor-token': { type: 'string' },
  'actor-token-type': { type: 'string' },
  assertion: { type: 'string' },
  'act-as': { type: 'string' },
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

type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** What only one of the two grants has. */
const OF_EXCHANGE = ['subject-token', 'subject-token-type', 'actor-token', 'actor-token-type'] as const;

function readOptions(): Options {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const problem = grantProblem(values) ?? callerProblem(values);
    if (problem !== undefined) throw new UsageError(problem);
    return values;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    // The option alone: where a value was no option's it stands in the message, and may be a token.
    const [option] = /(?<=')--[a-z-]{1,40}/.exec(error.message) ?? [];
    const isUnknown = error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION';
    const problem =
      option === undefined ? 'a value has no option' : `${option} ${isUnknown ? 'is unknown' : 'needs a value'}`;
    throw new UsageError(`${problem}; npm run explain -- --help shows all`);
  }
}

function grantProblem({ assertion, 'act-as': actAs, ...values }: Options): string | undefined {
  if (assertion === undefined) {
    if (values['subject-token'] === undefined) return '--subject-token or --assertion is needed: @FILE, - or the token';
    return actAs === undefined ? undefined : '--act-as needs --assertion: who would act';
  }
  const conflict = OF_EXCHANGE.find((name) => values[name] !== undefined);
  return conflict && `--${conflict} is of an exchange, and does not go with --assertion`;
}

function callerProblem({ 'subject-token': subject, 'actor-token': actor, ...values }: Options): string | undefined {
  const { assertion, client, bearer } = values;
  if ([subject, actor, assertion, bearer].filter((argument) => argument === '-').length > 1)
    return 'only one token can be on standard input';
  return client !== undefined && bearer !== undefined ? 'the caller is --client or --bearer, not both' : undefined;
}

/** The secret of an option: as given, out of a file (`@FILE`), or from standard input (`-`). */
function readSecret(option: keyof typeof OPTIONS, argument: string): string {
  if (argument === '-') return readFileSync(0, 'utf8').trim();
  if (!argument.startsWith('@')) return argument;
  try {
    return readFileSync(argument.slice(1), 'utf8').trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    throw new UsageError(`--${option}: the file after @ cannot be read (${code})`);
  }
}

function typeIdentifier(name = 'access_token'): string {
  return name.includes(':') ? name : TYPE + name;
}

function formOf(values: Options): URLSearchParams {
  const { assertion, scope, 'requested-token-type': requestedTokenType } = values;
  const form = assertion === undefined ? exchangeForm(values) : assertionForm(assertion, values['act-as']);
  for (const resource of values.resource ?? []) form.append('resource', resource);
  for (const audience of values.audience ?? []) form.append('audience', audience);
  if (scope !== undefined) form.set('scope', scope);
  if (requestedTokenType !== undefined) form.set('requested_token_type', typeIdentifier(requestedTokenType));
  if (values.narrow) form.set('narrow', 'true');
  return form;
}

function exchangeForm({ 'subject-token': subject = '', 'actor-token': actor, ...types }: Options): URLSearchParams {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: readSecret('subject-token', subject),
    subject_token_type: typeIdentifier(types['subject-token-type']),
  });
  if (actor !== undefined) {
    form.set('actor_token', readSecret('actor-token', actor));
    form.set('actor_token_type', typeIdentifier(types['actor-token-type']));
  }
  return form;
}

/** By `claims`, which every server reads alike; the prefix of a scope is each one's own. */
function assertionForm(assertion: string, actAs: string | undefined): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: readSecret('assertion', assertion),
    ...(actAs !== undefined && { claims: JSON.stringify({ access_token: { act_as: { value: actAs } } }) }),
  });
}

/** Who asks: a client with its secret, or whoever has the token. */
function authorizationOf({ client, bearer }: Pick<Options, 'client' | 'bearer'>): string {
  return bearer === undefined
    ? basic(readSecret('client', client ?? DEVELOPMENT_CLIENT))
    : `Bearer ${readSecret('bearer', bearer)}`;
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
  if (response === undefined)
    return complain(`${url} does not answer: is --url the address of a token-exchange that runs?`);
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
    process.stderr.write(`${error instanceof UsageError ? error.message : 'failed'}\n`);
    process.exitCode = 64;
  },
);
