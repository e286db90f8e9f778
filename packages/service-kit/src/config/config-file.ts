import {
  ConfigError,
  type ConfigIssue,
  JsonSyntaxError,
  isJsonObject,
  parseStrictJson,
  type JsonObject,
  type JsonValue,
} from '@mandate/ports';

/** Environment variables, set or not. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PLACEHOLDER = /&\{([^{}|]+)(?:\|([^{}]*))?\}/g;

/**
 * Reads a configuration file: a JSON object with `//` comments whose members are named like environment variables.
 * `&{NAME|default}` in a string stands for the environment variable, or the default (IMS).
 * @throws ConfigError naming the member, never its value.
 */
export function parseConfigFile(text: string, known: ReadonlySet<string>, env: Environment): Map<string, string> {
  const issues: ConfigIssue[] = [];
  const values = new Map<string, string>();
  for (const [name, member] of Object.entries(parseObject(text))) {
    if (!known.has(name)) {
      issues.push({ variable: 'CONFIG_FILE', message: `has the unknown member ${printable(name)}` });
      continue;
    }
    const value = memberText(member);
    if (value === undefined) issues.push({ variable: name, message: 'must be text, a number, a boolean or a list' });
    else
      values.set(
        name,
        substitute(value, env, (message) => issues.push({ variable: name, message })),
      );
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return values;
}

function parseObject(text: string): JsonObject {
  try {
    const parsed = parseStrictJson(text, { comments: true });
    if (isJsonObject(parsed)) return parsed;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ConfigError([{ variable: 'CONFIG_FILE', message: `is not JSON: ${error.message}` }]);
  }
  throw new ConfigError([{ variable: 'CONFIG_FILE', message: 'must be a JSON object' }]);
}

/** A member as the text an environment variable would have: lists are joined by commas. */
function memberText(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return undefined;
  const items = value.filter((item): item is string => typeof item === 'string' && !item.includes(','));
  return items.length === value.length ? items.join(',') : undefined;
}

function substitute(text: string, env: Environment, report: (message: string) => void): string {
  return text.replace(PLACEHOLDER, (_, name: string, fallback: string | undefined) => {
    const value = env[name] ?? env[name.toUpperCase().replaceAll('.', '_')] ?? fallback;
    if (value === undefined) report(`refers to ${printable(name)}, which is not set and has no default`);
    return value ?? '';
  });
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
