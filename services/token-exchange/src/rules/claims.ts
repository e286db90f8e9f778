import type { JsonObject, JsonValue } from '@mandate/ports';
import type { Authority, ClaimFrom } from '@mandate/policy';
import type { Question } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';

/** Claims that rules take from somebody in the question. What that one does not have is left out. */
export function takeClaims(question: Question, { claimsFrom }: Pick<Authority, 'claimsFrom'>): JsonObject[] {
  return claimsFrom.flatMap((one) => {
    const value = valueOf(question, one);
    return value === undefined || value === null ? [] : [{ [one.as]: value }];
  });
}

function valueOf({ subject, actor, caller }: Question, { from, claim }: ClaimFrom): JsonValue | undefined {
  const claims = { subject: subject.claims, actor: actor?.claims ?? {}, client: caller.attributes }[from];
  return Object.hasOwn(claims, claim) ? claims[claim] : undefined;
}

/** Claims out of several places as one; a claim with two values is nobody's to choose. */
export function uniteClaims(sources: readonly JsonObject[]): Checked<JsonObject> {
  const united = new Map<string, JsonValue>();
  const conflicts = new Set<string>();
  for (const [name, value] of sources.flatMap((source) => Object.entries(source))) {
    const known = united.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value)) conflicts.add(name);
    united.set(name, value);
  }
  const facts = () => ({ claims: [...united.keys()] });
  if (conflicts.size === 0) return passed(facts, Object.fromEntries(united));
  const needs = 'rules and the claims provider to agree on claims';
  return refused('policy_conflict', needs, () => ({ claims: [...conflicts] }));
}
