import { type JsonObject } from '@mandate/ports';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPE } from '@mandate/oauth';
import { type Answer, claimsOf, createDemonstrationClient, parseObject, textOf } from './demonstration-client.js';

/** One thing the demonstration did, and what came of it. */
export interface Step {
  title: string;
  /** What matters of the answer, a line each. */
  outcome: string[];
}

export interface DemonstrationOptions {
  /** Where the standalone listens. */
  url: string;
  /** The log lines so far: the reason of a refusal is there, and only there. */
  logLines: readonly string[];
}

export const IMAGES = 'http://images.example.com:*/*';
export const PRINTER = 'https://printer.example.com/jobs';

/**
 * Alice lets Bob act for her, over HTTP as anybody would: the exchange, a second hop, a revocation that ends both,
 * Mallory refused and the explanation of that.
 */
export async function demonstrate({ url, logLines }: DemonstrationOptions): Promise<Step[]> {
  const client = createDemonstrationClient(url);
  const alice = await client.userToken({ sub: 'alice', may_act: 'bob' });
  const bob = await client.userToken({ sub: 'bob' });
  const mallory = await client.userToken({ sub: 'mallory' });

  const firstHop = await client.post('photo-app', '/service/tokensts', exchangeForm(alice, bob, IMAGES));
  const issued = textOf(firstHop.body['access_token']);
  const introspected = await client.post('photo-app', '/service/introspect', { token: issued });

  const images = await client.post('images', '/service/access_token', { grant_type: 'client_credentials' });
  const ownToken = textOf(images.body['access_token']);
  const secondHop = await client.post('images', '/service/tokensts', exchangeForm(issued, ownToken, PRINTER));

  const printerToken = { token: textOf(secondHop.body['access_token']) };
  const revoked = await client.post('photo-app', '/service/revoke', { token: issued });
  const afterwards = await client.post('images', '/service/introspect', printerToken);

  const refused = await client.post('photo-app', '/service/tokensts', exchangeForm(alice, mallory, IMAGES));
  const explained = await client.post('photo-app', '/service/explain', exchangeForm(alice, mallory, IMAGES));
  const [firstRule, secondRule] = decisions(logLines, 'permit').map(({ rule }) => textOf(rule));
  const [refusal] = decisions(logLines, 'deny');
  return [
    step('subject token', describe(claimsOf(alice), ['sub', 'may_act', 'scope'])),
    step('actor token', describe(claimsOf(bob), ['sub'])),
    step('exchange', `${IMAGES}, scope read`, describePermit(firstHop, firstRule)),
    step('introspect', describeIntrospection(introspected)),
    step('second hop', `${PRINTER}, by the image service`, describePermit(secondHop, secondRule)),
    step('revocation', `${revoked.status} for Bob's token; the printer's: ${describeIntrospection(afterwards)}`),
    step('Mallory tries', `${describeError(refused)} (reason in the log: ${textOf(refusal?.['reason'])})`),
    step('explain that', describeExplanation(explained)),
  ];
}

function step(title: string, ...outcome: string[]): Step {
  return { title, outcome };
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

/** The decisions of the log so far. */
function decisions(logLines: readonly string[], verdict: string): JsonObject[] {
  return logLines.map(parseObject).filter((line) => line['verdict'] === verdict);
}

function describePermit({ status, body }: Answer, rule: string | undefined): string {
  if (status !== 200) throw new Error(`exchange refused: ${textOf(body['error'])}`);
  const claims = claimsOf(textOf(body['access_token']));
  const lifetime = `${textOf(body['expires_in'])} s`;
  return `permit by rule "${rule ?? ''}": ${describe(claims, ['sub', 'act', 'aud', 'scope'])}, ${lifetime}`;
}

function describeIntrospection({ body }: Answer): string {
  return body['active'] === true ? `active, ${describe(body, ['sub', 'act', 'aud', 'scope'])}` : 'inactive';
}

function describeError({ status, body }: Answer): string {
  return `${status} ${textOf(body['error'])}`;
}

function describeExplanation({ body }: Answer): string {
  const needs = Array.isArray(body['needs']) ? body['needs'].map(textOf) : [];
  return `${textOf(body['verdict'])}, it needs ${needs.join(', ')}`;
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
