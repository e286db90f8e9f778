import { readFileSync } from 'node:fs';
import { ConfigError, type ConfigIssue } from '@mandate/oauth';
import type { z } from 'zod';
import { type Environment, parseConfigFile } from './config-file.js';
import { type ConfigSchema, secretVariables } from './describe-variables.js';

export interface ConfigSources {
  env: Environment;
  /** Reads the files that `CONFIG_FILE` and `NAME_FILE` name; default: from disk, UTF-8. */
  readTextFile?: (path: string) => string;
}

/**
 * Reads a service's configuration: environment, then the JSON file named by `CONFIG_FILE`, then defaults. An empty
 * variable is an unset one; `NAME_FILE` names a file that holds the secret `NAME`.
 * @throws ConfigError listing every variable that is wrong, without a value.
 */
export function readConfig<Schema extends ConfigSchema>(schema: Schema, sources: ConfigSources): z.output<Schema> {
  const { env, readTextFile = (path) => readFileSync(path, 'utf8') } = sources;
  const issues: ConfigIssue[] = [];
  const read = (variable: string, path: string): string | undefined => {
    try {
      return readTextFile(path);
    } catch (error) {
      issues.push({ variable, message: `names a file that cannot be read${errorCode(error)}` });
      return undefined;
    }
  };
  const given = givenValues(schema, env, { read, issues });
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success && issues.length === 0) return parsed.data;
  throw new ConfigError([...issues, ...schemaIssues(parsed.error, issues)]);
}

interface Reading {
  read: (variable: string, path: string) => string | undefined;
  issues: ConfigIssue[];
}

function givenValues(schema: ConfigSchema, env: Environment, { read, issues }: Reading): Map<string, string> {
  const names = Object.keys(schema.shape);
  const secrets = secretVariables(schema);
  const inFile = new Set([...names, ...[...secrets].map((name) => `${name}_FILE`)]);
  const file = fileValues(env, inFile, { read, issues });
  const given = new Map<string, string>();
  for (const name of names) {
    const sources = [env, Object.fromEntries(file)];
    for (const source of sources) {
      const value = nonEmpty(source[name]);
      const path = secrets.has(name) ? nonEmpty(source[`${name}_FILE`]) : undefined;
      if (value !== undefined && path !== undefined) {
        issues.push({ variable: name, message: `is set twice: also by ${name}_FILE` });
      }
      const found = value ?? (path === undefined ? undefined : read(`${name}_FILE`, path)?.replace(/\r?\n$/, ''));
      if (found === undefined) {
        if (path === undefined) continue;
        break;
      }
      given.set(name, found);
      break;
    }
  }
  return given;
}

function fileValues(env: Environment, known: ReadonlySet<string>, { read, issues }: Reading): Map<string, string> {
  const path = nonEmpty(env['CONFIG_FILE']);
  const text = path === undefined ? undefined : read('CONFIG_FILE', path);
  if (text === undefined) return new Map();
  try {
    return parseConfigFile(text, known, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    issues.push(...error.issues);
    return new Map();
  }
}

function schemaIssues(error: z.ZodError | undefined, found: readonly ConfigIssue[]): ConfigIssue[] {
  const known = new Set(found.map(({ variable }) => variable.replace(/_FILE$/, '')));
  return (error?.issues ?? []).flatMap(({ path, code, message }) => {
    const variable = String(path[0] ?? 'configuration');
    if (known.has(variable)) return [];
    return [{ variable, message: code === 'invalid_type' ? 'is missing' : message }];
  });
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}
