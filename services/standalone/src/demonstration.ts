import { isJsonObject, type JsonObject, parseStrictJson, TOKEN_EXCHANGE_GRANT, TOKEN_TYPE } from '@mandate/oauth';

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

const RESOURCE = 'http://images.example.com:*/*';
const CLIENT = 'Basic ' + Buffer.from('photo-app:photo-app-development').toString('base64');

/** Alice lets Bob act for her, over HTTP as anybody would: the exchange, the introspection, and Mallory refused. */
export async function demonstrate({ url, logLines }: DemonstrationOptions): Promise<Step[]> {
  const post = (path: string, form: Record<string, string>) => send(`${url}${path}`, form);
  const userToken = async (form: Record<string, string>) =>
    text((await post('/development/token', form)).body['access_token']);
  const alice = await userToken({ sub: 'alice', may_act: 'bob' });
  const bob = await userToken({ sub: 'bob' });
  const mallory = await userToken({ sub: 'mallory' });

  const exchangeForm = (actor: string): Record<string, string> => ({
    grant_type: TOKEN_EXCHANGE_GRANT,
    ...{ subject_token: alice, subject_token_type: TOKEN_TYPE.accessToken },
    ...{ actor_token: actor, actor_token_type: TOKEN_TYPE.accessToken },
    ...{ resource: RESOURCE, scope: 'read' },
  });
  const exchanged = await post('/service/tokensts', exchangeForm(bob));
  const issued = text(exchanged.body['access_token']);
  const introspected = await post('/service/introspect', { token: issued });
  const refused = await post('/service/tokensts', exchangeForm(mallory));
  const explained = await post('/service/explain', exchangeForm(mallory));

  const claims = claimsOf(issued);
  return [
    { title: 'subject token', outcome: [describe(claimsOf(alice), ['sub', 'may_act', 'scope'])] },
    { title: 'actor token', outcome: [describe(claimsOf(bob), ['sub'])] },
    {
      title: 'exchange',
      outcome: [
        `${RESOURCE}, scope read`,
        `permit by rule "${lastDecision(logLines, 'permit')['rule'] ?? ''}": ` +
          `${describe(claims, ['sub', 'act', 'aud', 'scope'])}, ${text(exchanged.body['expires_in'])} s`,
      ],
    },
    {
      title: 'introspect',
      outcome: [
        `${introspected.body['active'] === true ? 'active' : 'inactive'}, ` +
          describe(introspected.body, ['sub', 'act', 'aud', 'scope']),
      ],
    },
    {
      title: 'Mallory tries',
      outcome: [
        `${refused.status} ${text(refused.body['error'])} ` +
          `(reason in the log: ${lastDecision(logLines, 'deny')['reason'] ?? 'missing'})`,
      ],
    },
    {
      title: 'explain that',
      outcome: [`${text(explained.body['verdict'])}, it needs ${needsOf(explained.body)}`],
    },
  ];
}

/** The same requests as lines for a shell with curl and Node. They work as they stand, top to bottom. */
export function shellLines(url: string): string[] {
  const form = [
    `--data-urlencode 'grant_type=${TOKEN_EXCHANGE_GRANT}'`,
    `-d subject_token="$ALICE" -d subject_token_type=${TOKEN_TYPE.accessToken}`,
    `-d actor_token="$ACTOR" -d actor_token_type=${TOKEN_TYPE.accessToken}`,
    `--data-urlencode 'resource=${RESOURCE}' -d scope=read`,
  ].join(' ');
  const post = (path: string, fields: string): string =>
    `curl -s -u photo-app:photo-app-development ${url}${path} ${fields}`;
  return [
    `token() { node -pe 'JSON.parse(fs.readFileSync(0)).access_token'; }`,
    `ALICE=$(curl -s ${url}/development/token -d sub=alice -d may_act=bob | token)`,
    `ACTOR=$(curl -s ${url}/development/token -d sub=bob | token)`,
    `ISSUED=$(${post('/service/tokensts', form)} | token)`,
    post('/service/introspect', '-d token="$ISSUED"'),
    `ACTOR=$(curl -s ${url}/development/token -d sub=mallory | token)`,
    post('/service/tokensts', form),
    post('/service/explain', form),
  ];
}

async function send(url: string, form: Record<string, string>): Promise<{ status: number; body: JsonObject }> {
  const headers = { authorization: CLIENT };
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers });
  return { status: response.status, body: object(await response.text()) };
}

function claimsOf(token: string): JsonObject {
  return object(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

/** Claims in short: `sub alice, act bob < carol`. */
function describe(claims: JsonObject, names: readonly string[]): string {
  const present = names.filter((name) => claims[name] !== undefined);
  return present.map((name) => `${name} ${short(claims[name])}`).join(', ');
}

function short(value: JsonObject[string] | undefined): string {
  if (!isJsonObject(value)) return text(value);
  const inner = value['act'];
  return inner === undefined ? text(value['sub']) : `${text(value['sub'])} for ${short(inner)}`;
}

function needsOf(explanation: JsonObject): string {
  const needs = explanation['needs'];
  return Array.isArray(needs) ? needs.map(text).join(', ') : '';
}

function lastDecision(logLines: readonly string[], verdict: string): Record<string, string> {
  const decisions = logLines.map(object).filter((line) => line['verdict'] === verdict);
  return Object.fromEntries(Object.entries(decisions.at(-1) ?? {}).map(([name, value]) => [name, text(value)]));
}

function object(json: string): JsonObject {
  const value = parseStrictJson(json);
  return isJsonObject(value) ? value : {};
}

function text(value: JsonObject[string] | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
