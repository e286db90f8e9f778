import type { Reason } from './reasons.js';

/** What a check saw: identities, names, numbers. Never a token, a secret or an arbitrary claim value. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;

/** Facts as they are asked for: an exchange that nobody has explained does not pay for them. */
export type LazyFacts = () => Facts;

/**
 * The result of one check: its value, or the rule's stable reason code and what would have to change. The `cause` is a
 * code too, of what is wrong with a token.
 */
export type Checked<T = undefined> =
  | { ok: true; value: T; facts: LazyFacts }
  | { ok: false; reason: Reason; needs: string; facts: LazyFacts; cause?: string };

const NO_FACTS: LazyFacts = () => ({});

export function passed(facts?: LazyFacts): Checked;
export function passed<T>(facts: LazyFacts, value: T): Checked<T>;
export function passed<T>(facts: LazyFacts = NO_FACTS, value?: T): Checked<T | undefined> {
  return { ok: true, value, facts };
}

export function refused(reason: Reason, needs: string, facts: LazyFacts = NO_FACTS): Checked<never> {
  return { ok: false, reason, needs, facts };
}
