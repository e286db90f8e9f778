import type { Reason } from './refusal.js';

/** What a check saw: identities, names, numbers. Never a token, a secret or an arbitrary claim value. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;

/** The result of one check: its value, or the rule's stable reason code and what would have to change. */
export type Checked<T = undefined> =
  { ok: true; value: T; facts: Facts } | { ok: false; reason: Reason; facts: Facts; needs: string };

/** One line of an explanation. */
export interface CheckRecord {
  check: string;
  outcome: 'pass' | 'fail';
  reason?: Reason;
  facts: Facts;
}

export function passed(facts?: Facts): Checked;
export function passed<T>(facts: Facts, value: T): Checked<T>;
export function passed<T>(facts: Facts = {}, value?: T): Checked<T | undefined> {
  return { ok: true, value, facts };
}

export function refused(reason: Reason, needs: string, facts: Facts = {}): Checked<never> {
  return { ok: false, reason, facts, needs };
}

/** Ends a pipeline at the first check that fails. Caught by the pipeline itself, never seen by a caller. */
export class Refused extends Error {
  readonly reason: Reason;
  readonly needs: string;

  constructor(reason: Reason, needs: string) {
    super(reason);
    this.name = 'Refused';
    this.reason = reason;
    this.needs = needs;
  }
}

/** Records checks in the order evaluated and lets through the value of one that passed. */
export interface Trail {
  readonly checks: readonly CheckRecord[];
  /** @throws Refused when the check failed. */
  pass: <T>(check: string, result: Checked<T>) => T;
}

export function createTrail(): Trail {
  const checks: CheckRecord[] = [];
  return {
    checks,
    pass(check, result) {
      if (result.ok) {
        checks.push({ check, outcome: 'pass', facts: result.facts });
        return result.value;
      }
      checks.push({ check, outcome: 'fail', reason: result.reason, facts: result.facts });
      throw new Refused(result.reason, result.needs);
    },
  };
}
