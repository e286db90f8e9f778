import type { Environment } from './config-file.js';
import { type ConfigSchema, type UsedWith, describeVariables } from './describe-variables.js';
import { PRODUCT_VARIABLES } from './product-variables.js';

/** A variable that is set and does nothing. */
export interface WithoutEffect {
  variable: string;
  /** Why, and what to do, without its value. */
  problem: string;
  /** Another service has it: an environment that several share is no mistake. */
  shared: boolean;
}

/** What Kubernetes puts into every container for a service called, say, `redis` or `token-exchange`. */
const SERVICE_LINK = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT|PORT_\d+_(?:TCP|UDP)(?:_\w+)?)$/;

/**
 * The variables that are set and do nothing: those that nothing else in the configuration makes use of (a profile does of
 * what it takes a value from), and those that no service has but whose name is that of one but for a typo. Names of other
 * programs are none of our business.
 */
export function variablesWithoutEffect(
  schema: ConfigSchema,
  config: Readonly<Record<string, unknown>>,
  sources: { env: Environment; given: Environment; takenFrom: readonly string[] },
): WithoutEffect[] {
  const unused = unusedVariables(schema, config, sources.given);
  const idle = unused.filter(({ variable }) => !sources.takenFrom.includes(variable));
  return [...idle, ...unknownVariables(schema, sources.env)];
}

function unusedVariables(
  schema: ConfigSchema,
  config: Readonly<Record<string, unknown>>,
  given: Environment,
): WithoutEffect[] {
  return describeVariables(schema).flatMap(({ name, usedWith }) => {
    if (given[name] === undefined || usedWith === undefined || isMet(usedWith, config)) return [];
    const conditions = Object.entries(usedWith).map(([variable, value]) =>
      value === true ? `${variable} is set` : `${variable} has ${[value].flat().join(' or ')}`,
    );
    return [{ variable: name, problem: `has no effect unless ${conditions.join(' or ')}`, shared: false }];
  });
}

function isMet(usedWith: UsedWith, config: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(usedWith).some(([variable, wanted]) => {
    const value = config[variable];
    if (wanted === true) return value !== undefined && !(Array.isArray(value) && value.length === 0);
    const words: readonly unknown[] = Array.isArray(value) ? value : [value];
    return [wanted].flat().some((word) => words.includes(word));
  });
}

function unknownVariables(schema: ConfigSchema, env: Environment): WithoutEffect[] {
  const own = new Set(Object.keys(schema.shape));
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && env[name] !== '')
    .flatMap((name): WithoutEffect[] => {
      const plain = name.replace(/_FILE$/, '');
      if (own.has(name) || own.has(plain) || SERVICE_LINK.test(name)) return [];
      if (PRODUCT_VARIABLES.includes(name) || PRODUCT_VARIABLES.includes(plain)) {
        return [{ variable: name, problem: 'is of another service and has no effect in this one', shared: true }];
      }
      const nearest = nearestName(name, [...own, ...PRODUCT_VARIABLES]);
      if (nearest === undefined) return [];
      return [{ variable: name, problem: `is no variable of this service: is ${nearest} meant?`, shared: false }];
    });
}

/** The known name that differs least, with the same first word, by at most a typo: one letter in six, at least two. */
function nearestName(name: string, known: readonly string[]): string | undefined {
  const [word = ''] = name.split('_', 1);
  const close = known
    .filter((candidate) => candidate.startsWith(`${word}_`) && candidate !== name)
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= Math.max(2, Math.floor(name.length / 6)))
    .sort((a, b) => a.distance - b.distance);
  return close[0]?.candidate;
}

/** Levenshtein: the insertions, deletions and replacements of one letter that make one text of another. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 0; column < to.length; column++) {
      const replaced = (row[column] ?? 0) + (from[index] === to[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
