import * as z from 'zod';
import { FileError, finish, JsonSyntaxError, type JsonValue, parseStrictJsonInSteps, type Steps } from '@mandate/ports';
import { asIms } from './ims-policy-file.js';
import { lintRules } from './lint-rules.js';
import { type PolicyRule, ruleSchema, toRule } from './policy-rule.js';

const policyFile = z.strictObject({ resources: z.array(z.unknown()) });

export interface PolicyFileOptions {
  /**
   * Members that are no rule's are passed over, and told here by their place, as the 2018 services did; an expiration
   * of 0 is none. Absent: they are errors.
   */
  onIgnored?: ((places: readonly string[]) => void) | undefined;
}

/**
 * Parses the text of a policy file; `//` comments are allowed.
 * @throws FileError naming every rule and member that is wrong.
 */
export function parsePolicyFile(text: string, options: PolicyFileOptions = {}): PolicyRule[] {
  return finish(parsePolicyFileInSteps(text, options));
}

/** As {@link parsePolicyFile}, one rule after the other. */
export function* parsePolicyFileInSteps(text: string, { onIgnored }: PolicyFileOptions = {}): Steps<PolicyRule[]> {
  const written = yield* readJson(text);
  const file = policyFile.safeParse(onIgnored === undefined ? written : asIms(written, onIgnored));
  if (!file.success) throw new FileError(file.error.issues.map((issue) => describeIssue(issue)));
  const rules = yield* parseRules(file.data.resources);
  const problems = yield* lintRules(rules);
  if (problems.length > 0) throw new FileError(problems);
  return rules;
}

function* parseRules(values: readonly unknown[]): Steps<PolicyRule[]> {
  const problems: string[] = [];
  const rules: PolicyRule[] = [];
  for (const [index, value] of values.entries()) {
    const parsed = ruleSchema.safeParse(value);
    if (parsed.success) rules.push(toRule(parsed.data, index));
    else problems.push(...parsed.error.issues.map((issue) => describeIssue(issue, `resources[${index}]`)));
    yield;
  }
  if (problems.length > 0) throw new FileError(problems);
  return rules;
}

function* readJson(text: string): Steps<JsonValue> {
  try {
    return yield* parseStrictJsonInSteps(text, { comments: true });
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new FileError([error.message]);
    throw error;
  }
}

function describeIssue(issue: z.core.$ZodIssue, within = ''): string {
  const { path, message } = innermost(issue);
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${`${within}${place}`.replace(/^\./, '') || 'the file'}: ${message}`;
}

/** Of a value that may have several forms: what is wrong in the form that it has, the one whose own type it is of. */
function innermost(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string } {
  if (issue.code !== 'invalid_union') return issue;
  const firsts = issue.errors.flatMap(([first]) => (first === undefined ? [] : [first]));
  const meant = firsts.filter(({ code, path }) => code !== 'invalid_type' || path.length > 0);
  const [only, ...others] = meant;
  if (only === undefined || others.length > 0) return issue;
  const inner = innermost(only);
  return { path: [...issue.path, ...inner.path], message: inner.message };
}
