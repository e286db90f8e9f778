import {
  ConfigError,
  type ConfigIssue,
  FileError,
  findPlaces,
  finish,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseWrittenJson,
  unknownMember,
} from '@mandate/ports';

/** Environment variables, set or not. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PLACEHOLDER = /&\{([^{}|]+)(?:\|([^{}]*))?\}/g;

/**
 * Reads a configuration file: a JSON object with `//` comments whose members are named like environment variables.
 * `&{NAME|default}` in a string stands for the environment variable, or the default (IMS).
 * @throws ConfigError naming the member, its line and column, and never its value.
 */
export function parseConfigFile(text: string, known: ReadonlySet<string>, env: Environment): Map<string, string> {
  const issues: ConfigIssue[] = [];
  const unknown: string[] = [];
  const values = new Map<string, string>();
  for (const [name, member] of Object.entries(parseObject(text))) {
    // For editors.
    if (name === '$schema') continue;
    if (!known.has(name)) {
      unknown.push(name);
      continue;
    }
    const report = (message: string): void => void issues.push({ variable: name, message });
    const value = memberText(member);
    if (value === undefined) report('must be text, a number, a boolean or a list');
    else values.set(name, substitute(value, env, report));
  }
  if (unknown.length + issues.length > 0)
    throw new ConfigError([...unknownMembers(text, unknown, known), ...placed(text, issues)]);
  return values;
}

/** The issues of variables that the file sets, each with the line and column where it does. */
export function placed(text: string, issues: readonly ConfigIssue[]): ConfigIssue[] {
  const places = placesOf(
    text,
    issues.map(({ variable }) => variable),
  );
  return issues.map(({ variable, message }, index) => ({
    variable,
    message: `${message} (${places[index]} of CONFIG_FILE)`,
  }));
}

function unknownMembers(text: string, names: readonly string[], known: ReadonlySet<string>): ConfigIssue[] {
  const places = placesOf(text, names);
  return names.map((name, index) => ({
    variable: 'CONFIG_FILE',
    message: `${unknownMember(name, known)} (${places[index]})`,
  }));
}

function placesOf(text: string, members: readonly string[]): string[] {
  return finish(
    findPlaces(
      text,
      members.map((name) => [name]),
    ),
  );
}

function parseObject(text: string): JsonObject {
  try {
    const value = parseWrittenJson(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new ConfigError([{ variable: 'CONFIG_FILE', message: error.message }]);
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
