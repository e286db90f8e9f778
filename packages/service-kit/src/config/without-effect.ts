import { nearestName } from '@mandate/ports';
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
      const nearest = meantVariable(name, [...own, ...PRODUCT_VARIABLES]);
      if (nearest === undefined) return [];
      return [{ variable: name, problem: `is no variable of this service: is ${nearest} meant?`, shared: false }];
    });
}

/**
 * The variable that was probably meant: a typo away, or with one word more (`CLIENT_STORE`). The first word must agree,
 * since names of other programs are often close.
 */
function meantVariable(name: string, known: readonly string[]): string | undefined {
  const words = name.split('_');
  const alike = known.filter((candidate) => candidate.startsWith(`${words[0]}_`));
  return nearestName(name, alike) ?? alike.find((candidate) => isWithoutOneWord(words, candidate.split('_')));
}

function isWithoutOneWord(words: readonly string[], all: readonly string[]): boolean {
  if (words.length < 2 || words.length !== all.length - 1) return false;
  const missing = all.findIndex((word, index) => word !== words[index]);
  return all.toSpliced(missing, 1).every((word, index) => word === words[index]);
}
