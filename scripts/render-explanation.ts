import { z } from 'zod';

const checkRecord = z.looseObject({
  check: z.string(),
  outcome: z.enum(['pass', 'fail']),
  facts: z.record(z.string(), z.unknown()),
});

/** What `POST /service/explain` answers (docs/delegation.md section 7). */
export const explanation = z.looseObject({
  verdict: z.enum(['permit', 'deny', 'error']),
  reason: z.string().optional(),
  needs: z.array(z.string()).default([]),
  checks: z.array(checkRecord),
  decision: z.looseObject({ backend: z.string().nullable(), rule: z.string().nullable() }).optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
});

type Explanation = z.output<typeof explanation>;
type Check = z.output<typeof checkRecord>;

interface Styles {
  good: (text: string) => string;
  bad: (text: string) => string;
  bold: (text: string) => string;
  dim: (text: string) => string;
}

const COLUMN = 22;

/** An explanation as a short checked list. A terminal gets colour; a pipe the same in plain text. */
export function renderExplanation(answer: Explanation, { colour }: { colour: boolean }): string {
  const styles = stylesOf(colour);
  const verdict = { permit: renderPermit, deny: renderDeny, error: renderError }[answer.verdict];
  return ['', ...answer.checks.map((one) => renderCheck(one, styles)), '', ...verdict(answer, styles), ''].join('\n');
}

function renderCheck(check: Check, { good, bad, dim }: Styles): string {
  const mark = check.outcome === 'pass' ? good('✓') : bad('✗');
  return `  ${mark} ${wordsOf(check.check).padEnd(COLUMN)}${dim(describeFacts(check))}`.trimEnd();
}

function renderPermit(answer: Explanation, { good, bold, dim }: Styles): string[] {
  const claims = describeClaims(answer.claims ?? {});
  return [
    `  ${good('permit')}${describeDecision(answer)}`,
    '',
    `  ${bold('The token would say')}`,
    ...claims.map(([name, text]) => `    ${dim(name.padEnd(COLUMN))}${text}`),
  ];
}

function renderDeny(answer: Explanation, { bad, bold }: Styles): string[] {
  return [
    `  ${bad('deny')}: ${printable(answer.reason ?? 'no reason given')}${describeDecision(answer)}`,
    '',
    `  ${bold('It would need')}`,
    ...answer.needs.map((need) => `    ${printable(need)}`),
  ];
}

function renderError(answer: Explanation, { bad }: Styles): string[] {
  const needs = answer.needs.map(printable).join(', ');
  return [`  ${bad('no verdict')}: ${printable(answer.reason ?? 'failed')}, it would need ${needs}`];
}

function describeDecision({ decision }: Explanation): string {
  const { backend = null, rule = null } = decision ?? {};
  if (rule !== null) return ` by rule "${printable(rule)}"${backend === null ? '' : ` of ${printable(backend)}`}`;
  return backend === null ? '' : ` by ${printable(backend)}`;
}

/** Facts that the name of their check, or another fact, says already. */
const SAID_ALREADY: Record<string, readonly string[]> = {
  distinct_tokens: ['actorToken'],
  subject_token_type: ['token'],
  actor_token_type: ['token'],
  policy: ['backend'],
};

/** Facts in short: `alice (https://users.example.com), kind access token`. Empty ones say nothing. */
function describeFacts({ check: name, facts: { iss, sub, ...others } }: Check): string {
  const party = typeof sub === 'string' ? printable(sub) : '';
  const issuerText = typeof iss === 'string' ? ` (${printable(iss)})` : '';
  const factTexts = Object.entries(others).map(([fact, value]) => {
    const text = SAID_ALREADY[name]?.includes(fact) === true ? '' : describeValue(value);
    return text === '' || fact === name ? text : `${wordsOf(fact)} ${text}`;
  });
  return [party === '' ? '' : party + issuerText, ...factTexts].filter((text) => text !== '').join(', ');
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return shorten(printable(value).replace(/^(access|id)_token$/, '$1 token'));
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(describeValue).join(' ');
  return value === null || value === undefined ? '' : printable(JSON.stringify(value));
}

/** Claims that say the same as another one, or are told in other words. */
const TOLD_OTHERWISE = ['iss', 'sub', 'sub_id', 'act', 'act_as', 'scp', 'iat', 'nbf', 'exp'];

function describeClaims(claims: Record<string, unknown>): [name: string, text: string][] {
  const { iss, sub, sub_id: subjectId, act, act_as: actAs, iat, exp } = claims;
  const issuer = isRecord(subjectId) ? subjectId['iss'] : undefined;
  const standardRows: [string, string][] = [
    ['sub', describeValue(sub) + (typeof issuer === 'string' ? ` (${printable(issuer)})` : '')],
    ['act', isRecord(act) ? describeActors(act) : ''],
    ['act_as', isRecord(actAs) ? describeActors(actAs) : ''],
    ['expires', typeof exp === 'number' && typeof iat === 'number' ? `${exp - iat} s after it is issued` : ''],
    ['iss', describeValue(iss)],
  ];
  const others = Object.entries(claims).filter(([name]) => !TOLD_OTHERWISE.includes(name));
  const otherRows = others.map(([name, value]): [string, string] => [printable(name), describeValue(value)]);
  return [...standardRows.slice(0, 3), ...otherRows, ...standardRows.slice(3)].filter(([, text]) => text !== '');
}

/** A chain, newest first: `images for bob`. */
function describeActors(act: Record<string, unknown>): string {
  const before = act['act'];
  const actor = describeValue(act['sub']);
  return isRecord(before) ? `${actor} for ${describeActors(before)}` : actor;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `actorToken` and `actor_token` as a person writes them. */
function wordsOf(name: string): string {
  return printable(name)
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replaceAll('_', ' ');
}

function shorten(text: string): string {
  return text.replace(/^(sha256:[\w-]{8})[\w-]+$/, '$1...');
}

/** Names come from outside: what would steer a terminal or hide text is shown as its code. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}

function stylesOf(colour: boolean): Styles {
  const style = (code: number) => (text: string) => (colour && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { good: style(32), bad: style(31), bold: style(1), dim: style(2) };
}
