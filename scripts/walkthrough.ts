import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

// npm run walkthrough: a delegation, a tester who acts as a test user, and the help-desk, against three running services, those
// of `npm run dev` and `docker compose up` unless AUTHENTICATION_URL, TOKEN_VALIDATION_URL and TOKEN_EXCHANGE_URL name others.
// The help-desk is left out where nobody is asked; with other services, PHONE_LINKS is where scripts/phone.ts answers for Alice.
// The client secrets are those of config/development unless ALICE_SECRET, BOB_SECRET, MALLORY_SECRET and TESTER_SECRET give
// them. Exit 1 when a step is not as it should be.

const { env } = process;
const authentication = env['AUTHENTICATION_URL'] ?? 'http://127.0.0.1:18080';
const tokenValidation = env['TOKEN_VALIDATION_URL'] ?? 'http://127.0.0.1:28080';
const tokenExchange = env['TOKEN_EXCHANGE_URL'] ?? 'http://127.0.0.1:38080';
const phone = env['PHONE_LINKS'] ?? (env['AUTHENTICATION_URL'] === undefined ? 'http://127.0.0.1:18085' : undefined);
const START_SECONDS = 60;
const RESOURCE = 'http://images.example.com:*/*';
const APP = 'https://app.example.com';
const ACCOUNT = 'https://accounts.example.com/4711';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function post(url: string, form: Record<string, string>, authorization: string): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
  const text = await response.text();
  const body = z.record(z.string(), z.unknown()).parse(text === '' ? {} : JSON.parse(text));
  return { status: response.status, body };
}

/** What a client gets with its secret. */
async function askAs(client: string, form: Record<string, string>): Promise<Answer> {
  const secret = env[`${client.toUpperCase()}_SECRET`] ?? `${client}-development`;
  const basic = Buffer.from(`${encodeURIComponent(client)}:${encodeURIComponent(secret)}`).toString('base64');
  const tokenForm = { grant_type: 'client_credentials', ...form };
  return post(`${authentication}/service/access_token`, tokenForm, `Basic ${basic}`);
}

async function tokenOf(client: string, scope: string): Promise<string> {
  const answer = await askAs(client, { scope });
  check(`a token for ${client}`, answer, { status: 200 });
  return z.string().parse(answer.body['access_token']);
}

/** What a caller gets who shows a subject token, or names a subject, and their own token as the actor. */
async function exchange(subject: string, caller: string, fields: Record<string, string> = {}): Promise<Answer> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subject,
    subject_token_type: ACCESS_TOKEN,
    actor_token: caller,
    actor_token_type: ACCESS_TOKEN,
    resource: RESOURCE,
    scope: 'read',
    ...fields,
  };
  return post(`${tokenExchange}/service/tokensts`, form, `Bearer ${caller}`);
}

function check(step: string, answer: Answer, expected: Record<string, unknown>): void {
  const actual: Record<string, unknown> = { status: answer.status, ...answer.body };
  const mismatches = Object.entries(expected).filter(
    ([name, value]) => JSON.stringify(actual[name]) !== JSON.stringify(value),
  );
  if (mismatches.length === 0) return;
  const texts = mismatches.map(
    ([name, value]) => `${name} ${JSON.stringify(actual[name])}, not ${JSON.stringify(value)}`,
  );
  const { error, error_description: description } = answer.body;
  throw new Error(`${step}: ${texts.join('; ')} ${JSON.stringify({ error, description })}`);
}

function show(step: string, text: string): void {
  process.stdout.write(`  ${step.padEnd(18)}${text}\n`);
}

/** With a deadline: on Node 20 the first `fetch` never ends when a container that does not listen yet drops the connection. */
async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < START_SECONDS * 2; attempt += 1) {
    if (
      await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    if (attempt === 0) process.stderr.write(`waiting for ${url}, which npm run dev or docker compose up starts\n`);
    await sleep(500);
  }
  throw new Error(`${url} is not ready after ${START_SECONDS} seconds`);
}

async function main(): Promise<void> {
  await Promise.all([authentication, tokenValidation, tokenExchange].map(untilReady));
  process.stdout.write('Alice lets Bob act for her\n');
  const alice = await tokenOf('alice', 'read');
  show('1 subject token', 'sub alice, scope read');
  const bob = await tokenOf('bob', 'exchange introspect revoke');
  show('2 actor token', 'sub bob');

  const exchangeAnswer = await exchange(alice, bob);
  check('exchange', exchangeAnswer, { status: 200, token_type: 'Bearer', scope: 'read' });
  show('3 exchange', `${RESOURCE}, scope read, ${String(exchangeAnswer.body['expires_in'])} s`);

  const token = z.string().parse(exchangeAnswer.body['access_token']);
  const introspection = await post(`${tokenValidation}/service/introspect`, { token }, `Bearer ${bob}`);
  const expected = { status: 200, active: true, sub: 'alice', act: { sub: 'bob' }, aud: 'https://images.example.com' };
  check('introspect', introspection, expected);
  show('4 introspect', 'active, sub alice, act bob, aud https://images.example.com');

  const revocation = await post(`${tokenValidation}/service/revoke`, { token }, `Bearer ${bob}`);
  check('revoke', revocation, { status: 200 });
  const revokedIntrospection = await post(`${tokenValidation}/service/introspect`, { token }, `Bearer ${bob}`);
  check('introspect what is revoked', revokedIntrospection, { status: 200, active: false });
  show('5 revocation', 'inactive');

  const mallory = await tokenOf('mallory', 'exchange');
  const refusal = await exchange(alice, mallory);
  check('refusal', refusal, { status: 400, error: 'invalid_request' });
  show('6 Mallory tries', `400 ${String(refusal.body['error'])}`);
  await actAs(bob);
  await askAlice(bob, mallory);
}

/** A tester acts as a user whose name begins with test, who has no token to show; Mallory does not. */
async function actAs(caller: string): Promise<void> {
  const fields = { scope: 'act_as:test1 read', resource: APP };
  const answer = await askAs('tester', fields);
  check('act as', answer, { status: 200, token_type: 'Bearer', scope: 'read' });
  const token = z.string().parse(answer.body['access_token']);
  const introspection = await post(`${tokenValidation}/service/introspect`, { token }, `Bearer ${caller}`);
  const expected = { status: 200, active: true, sub: 'test1', act: { sub: 'tester' }, aud: APP };
  check('introspect who acts as somebody', introspection, expected);
  show('7 act as', `active, sub test1, act tester, aud ${APP}`);

  const refusal = await askAs('mallory', fields);
  check('refusal to act as somebody', refusal, { status: 400, error: 'invalid_request' });
  show('8 Mallory tries', `400 ${String(refusal.body['error'])}`);
}

/** The help-desk has nothing but a name: Alice is asked, and her phone answers; for Mallory it does not ring. */
async function askAlice(caller: string, mallory: string): Promise<void> {
  if (phone === undefined || !(await asksPeople())) {
    const reason =
      phone === undefined ? 'PHONE_LINKS does not say where Alice is asked' : 'authentication asks nobody here';
    show('9 help-desk', `left out: ${reason}`);
    return;
  }
  const fields = { subject_token_type: 'urn:mandate:token-type:login-hint', resource: ACCOUNT };
  const pending = await exchange('alice', caller, fields);
  check('question', pending, { status: 400, error: 'authorization_pending' });
  const { status } = await fetch(`${phone}/answer?sub=alice&approve=true`);
  check("Alice's answer", { status, body: {} }, { status: 200 });
  const answer = await exchange('alice', caller, { ...fields, auth_req_id: String(pending.body['auth_req_id']) });
  check('help-desk', answer, { status: 200, token_type: 'Bearer', scope: 'read' });
  const token = z.string().parse(answer.body['access_token']);
  const introspection = await post(`${tokenValidation}/service/introspect`, { token }, `Bearer ${caller}`);
  const aud = 'https://accounts.example.com';
  const expected = { status: 200, active: true, sub: 'alice', act: { sub: 'bob' }, aud };
  check('introspect what Alice agreed to', introspection, expected);
  show('9 help-desk', `alice agrees: active, sub alice, act bob, aud ${aud}`);

  const refusal = await exchange('alice', mallory, fields);
  check('refusal to ask Alice', refusal, { status: 400, error: 'invalid_request' });
  show('10 Mallory tries', `400 ${String(refusal.body['error'])}`);
}

async function asksPeople(): Promise<boolean> {
  const response = await fetch(`${authentication}/.well-known/oauth-authorization-server`);
  return Object.hasOwn(
    z
      .object({})
      .loose()
      .parse(await response.json()),
    'backchannel_authentication_endpoint',
  );
}

await main().catch((error: unknown) => {
  process.stdout.write(`FAILED ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
