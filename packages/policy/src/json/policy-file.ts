import * as z from 'zod';
import {
  fileError,
  type FileProblem,
  finish,
  parseWrittenJsonInSteps,
  schemaProblems,
  type Steps,
} from '@mandate/ports';
import { asIms } from './ims-policy-file.js';
import { lintRules } from './lint-rules.js';
import { type PolicyRule, RULE_MEMBERS, ruleSchema, toRule } from './policy-rule.js';

const policyFile = z.strictObject({
  $schema: z.string().optional().describe('For editors: `docs/schemas/policy.json`'),
  resources: z.array(z.unknown()),
});

/** The policy file, of which {@link parsePolicyFile} reads one rule after the other. */
export const policyFileSchema = policyFile.extend({ resources: z.array(ruleSchema).describe('The rules') });

const FILE_MEMBERS = Object.keys(policyFile.shape);

export interface PolicyFileOptions {
  /**
   * Members that are no rule's are passed over, and told here by their place, as the 2018 services did; an expiration
   * of 0 is none. Absent: they are errors.
   */
  onIgnored?: ((places: readonly string[]) => void) | undefined;
}

/**
 * Parses the text of a policy file; `//` comments are allowed.
 * @throws FileError naming every rule and member that is wrong, with line and column.
 */
export function parsePolicyFile(text: string, options: PolicyFileOptions = {}): PolicyRule[] {
  return finish(parsePolicyFileInSteps(text, options));
}

/** As {@link parsePolicyFile}, one rule after the other. */
export function* parsePolicyFileInSteps(text: string, { onIgnored }: PolicyFileOptions = {}): Steps<PolicyRule[]> {
  const json = yield* parseWrittenJsonInSteps(text);
  const file = policyFile.safeParse(onIgnored === undefined ? json : asIms(json, onIgnored));
  if (!file.success) throw yield* fileError(text, schemaProblems(file.error.issues, { known: FILE_MEMBERS }));
  const { rules, problems } = yield* parseRules(file.data.resources);
  if (problems.length === 0) problems.push(...(yield* lintRules(rules)));
  if (problems.length > 0) throw yield* fileError(text, problems);
  return rules;
}

function* parseRules(values: readonly unknown[]): Steps<{ rules: PolicyRule[]; problems: FileProblem[] }> {
  const problems: FileProblem[] = [];
  const rules: PolicyRule[] = [];
  for (const [index, value] of values.entries()) {
    const result = ruleSchema.safeParse(value);
    if (result.success) rules.push(toRule(result.data, index));
    else problems.push(...ruleProblems(result.error, index));
    yield;
  }
  return { rules, problems };
}

function ruleProblems({ issues }: z.ZodError, index: number): FileProblem[] {
  return schemaProblems(issues.map(innermost), { within: ['resources', index], known: RULE_MEMBERS });
}

/** Of a value that may have several forms: what is wrong in the form that it has, the one whose own type it is of. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const firsts = issue.errors.flatMap(([first]) => (first === undefined ? [] : [first]));
  const issues = firsts.filter(({ code, path }) => code !== 'invalid_type' || path.length > 0);
  const [only, ...others] = issues;
  if (only === undefined || others.length > 0) return issue;
  const inner = innermost(only);
  return { ...inner, path: [...issue.path, ...inner.path] };
}
