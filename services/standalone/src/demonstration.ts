import { isJsonObject, type JsonObject } from '@mandate/ports';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPE } from '@mandate/oauth';
import {
  type Answer,
  claimsOf,
  createDemonstrationClient,
  type DemonstrationClient,
  textOf,
} from './demonstration-client.js';

/** One thing the demonstration did, and what came of it. */
export interface Step {
  title: string;
  /** What matters of the answer, a line each. */
  outcome: string[];
}

export const IMAGES = 'http://images.example.com:*/*';
export const PRINTER = 'https://printer.example.com/jobs';
export const APP = 'https://app.example.com/';
export const ACCOUNT = 'https://accounts.example.com/4711';

/**
 * Alice lets Bob act for her, over HTTP as anybody would: the exchange, a second hop, a revocation that ends both,
 * Mallory refused and the explanation of that; a tester who acts as a test user by name; and, where people are asked by
 * this process itself, the help-desk. What decided is what explain says of the same request.
 */
export async function demonstrate(url: string, { asksPeople }: { asksPeople: boolean }): Promise<Step[]> {
  const client = createDemonstrationClient(url);
  const scenes = [delegate, actAs, ...(asksPeople ? [askAlice] : [])];
  return (await Promise.all(scenes.map((part) => part(client)))).flat();
}

async function delegate(client: DemonstrationClient): Promise<Step[]> {
  const alice = await client.userToken({ sub: 'alice', may_act: 'bob' });
  const bob = await client.userToken({ sub: 'bob' });
  const mallory = await client.userToken({ sub: 'mallory' });

  const firstHop = await exchange(client, 'photo-app', exchangeForm(alice, bob, IMAGES));
  const issuedToken = textOf(firstHop.answer.body['access_token']);
  const introspection = await client.post('photo-app', '/service/introspect', { token: issuedToken });

  const images = await client.post('images', '/service/access_token', { grant_type: 'client_credentials' });
  const ownToken = textOf(images.body['access_token']);
  const secondHop = await exchange(client, 'images', exchangeForm(issuedToken, ownToken, PRINTER));

  const printerToken = { token: textOf(secondHop.answer.body['access_token']) };
  const revocation = await client.post('photo-app', '/service/revoke', { token: issuedToken });
  const afterwards = await client.post('images', '/service/introspect', printerToken);

  const refusal = await exchange(client, 'photo-app', exchangeForm(alice, mallory, IMAGES));
  return [
    step('subject token', describe(claimsOf(alice), ['sub', 'may_act', 'scope'])),
    step('actor token', describe(claimsOf(bob), ['sub'])),
    step('exchange', `scope read at ${IMAGES}`, ...describePermit(firstHop)),
    step('introspect', describeIntrospection(introspection)),
    step('second hop', ...describePermit(secondHop, 'the image service: ')),
    step('revocation', `${revocation.status} for Bob's token; the printer's: ${describeIntrospection(afterwards)}`),
    step('Mallory tries', `${refusal.answer.status} ${textOf(refusal.answer.body['error'])}`),
    step('explain that', ...describeRefusal(refusal.explanation)),
  ];
}

async function actAs({ post }: DemonstrationClient): Promise<Step[]> {
  const tester = { grant_type: 'client_credentials', scope: 'act_as:test1', resource: APP };
  const acting = await post('tester', '/service/access_token', tester);
  return [step('act as', describeAnswer(acting, ['sub', 'act', 'aud']))];
}

/** The help-desk has nothing but a name: Alice is asked, and the demonstration answers for her. */
async function askAlice(client: DemonstrationClient): Promise<Step[]> {
  const { post } = client;
  const carol = await client.userToken({ sub: 'carol', client_id: 'help-desk' });
  const form = { ...exchangeForm('alice', carol, ACCOUNT), subject_token_type: TOKEN_TYPE.loginHint };
  const pendingAnswer = await post('help-desk', '/service/tokensts', form);
  const { auth_req_id: question } = pendingAnswer.body;
  if (typeof question !== 'string') return [step('help-desk', describeAnswer(pendingAnswer, []))];
  await post('help-desk', '/development/bc-decision', { sub: 'alice', approve: 'true' });
  const delegation = await post('help-desk', '/service/tokensts', { ...form, auth_req_id: question });
  return [step('help-desk', `alice agrees: ${describeAnswer(delegation, ['act', 'aud'])}`)];
}

function step(title: string, ...outcome: string[]): Step {
  return { title, outcome };
}

/** An exchange, and why it came out like that. */
interface ExchangeOutcome {
  answer: Answer;
  explanation: JsonObject;
}

async function exchange(
  { post }: DemonstrationClient,
  client: string,
  form: Record<string, string>,
): Promise<ExchangeOutcome> {
  const { body: explanation } = await post(client, '/service/explain', form);
  return { answer: await post(client, '/service/tokensts', form), explanation };
}

function exchangeForm(subject: string, actor: string, resource: string): Record<string, string> {
  return {
    grant_type: TOKEN_EXCHANGE_GRANT,
    subject_token: subject,
    subject_token_type: TOKEN_TYPE.accessToken,
    actor_token: actor,
    actor_token_type: TOKEN_TYPE.accessToken,
    resource,
    scope: 'read',
  };
}

function describePermit({ answer: { status, body }, explanation }: ExchangeOutcome, by = ''): string[] {
  if (status !== 200) throw new Error(`exchange refused: ${textOf(body['error'])}`);
  const decision = explanation['decision'];
  const rule = isJsonObject(decision) ? textOf(decision['rule']) : 'unknown';
  const limits = `${describe(body, ['scope'])}, ${textOf(body['expires_in'])} s`;
  return [
    `${by}permit by rule "${rule}": ${limits}`,
    describe(claimsOf(textOf(body['access_token'])), ['sub', 'act', 'aud']),
  ];
}

/** Of a token the claims of these names. */
function describeAnswer({ status, body }: Answer, names: readonly string[]): string {
  if (status !== 200) return `${status} ${textOf(body['error'])}`;
  return describe(claimsOf(textOf(body['access_token'])), names);
}

function describeIntrospection({ body }: Answer): string {
  return body['active'] === true ? `active: ${describe(body, ['sub', 'act', 'aud'])}` : 'inactive';
}

function describeRefusal(explanation: JsonObject): string[] {
  const needs = Array.isArray(explanation['needs']) ? explanation['needs'].map(textOf) : [];
  return [`${textOf(explanation['verdict'])}: ${textOf(explanation['reason'])}`, `it needs ${needs.join(', ')}`];
}

/** Claims in short: `sub alice, act images for bob`. */
function describe(claims: JsonObject, names: readonly string[]): string {
  const present = names.filter((name) => claims[name] !== undefined);
  return present.map((name) => `${name} ${nameOf(claims[name])}`).join(', ');
}

/** A party by its `sub`; an actor chain newest first. */
function nameOf(value: JsonObject[string] | undefined): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return textOf(value);
  const before = value['act'];
  return before === undefined ? textOf(value['sub']) : `${textOf(value['sub'])} for ${nameOf(before)}`;
}
