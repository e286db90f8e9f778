import * as z from 'zod';
import {
  fileError,
  type FileProblem,
  finish,
  parseWrittenJsonInSteps,
  schemaProblems,
  type Steps,
} from '@mandate/ports';
import { lintRules } from './lint-rules.js';
import { type PolicyRule, ruleSchema, toRule } from './policy-rule.js';

const policyFile = z.strictObject({
  $schema: z.string().optional().describe('For editors: `docs/schemas/policy.json`'),
  resources: z.array(z.unknown()),
});

/** The policy file, of which {@link parsePolicyFile} reads one rule after the other. */
export const policyFileSchema = policyFile.extend({ resources: z.array(ruleSchema).describe('The rules') });

/**
 * Parses the text of a policy file; `//` comments are allowed.
 * @throws FileError naming every rule and member that is wrong, with line and column.
 */
export function parsePolicyFile(text: string): PolicyRule[] {
  return finish(parsePolicyFileInSteps(text));
}

/** As {@link parsePolicyFile}, one rule after the other. */
export function* parsePolicyFileInSteps(text: string): Steps<PolicyRule[]> {
  const file = policyFile.safeParse(yield* parseWrittenJsonInSteps(text));
  if (!file.success) throw yield* fileError(text, schemaProblems(file.error.issues));
  const { rules, problems } = yield* parseRules(file.data.resources);
  if (problems.length === 0) problems.push(...(yield* lintRules(rules)));
  if (problems.length > 0) throw yield* fileError(text, problems);
  return rules;
}

function* parseRules(values: readonly unknown[]): Steps<{ rules: PolicyRule[]; problems: FileProblem[] }> {
  const problems: FileProblem[] = [];
  const rules: PolicyRule[] = [];
  for (const [index, value] of values.entries()) {
    const parsed = ruleSchema.safeParse(value);
    if (parsed.success) rules.push(toRule(parsed.data, index));
    else problems.push(...schemaProblems(parsed.error.issues, ['resources', index]));
    yield;
  }
  return { rules, problems };
}
