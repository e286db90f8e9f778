import { readFileSync } from 'node:fs';
import { ConfigError, type ConfigIssue } from '@mandate/ports';
import type { z } from 'zod';
import { whyUnreadable } from '../files/node-error-code.js';
import { type Environment, parseConfigFile, placed } from './config-file.js';
import { type ConfigSchema, secretVariables } from './describe-variables.js';
import { imsValues } from './ims-profile.js';
import { type WithoutEffect, variablesWithoutEffect } from './without-effect.js';

export interface ConfigSources {
  env: Environment;
  /** Reads the files that `CONFIG_FILE` and `NAME_FILE` name; default: from disk, UTF-8. */
  readTextFile?: (path: string) => string;
}

/** A configuration, and what its owner should know of it. */
export interface Configuration<Config> {
  config: Config;
  /** What `COMPATIBILITY=ims` set, and to what. */
  profile: Readonly<Record<string, string>>;
  withoutEffect: readonly WithoutEffect[];
}

/** The configuration alone: see {@link readConfiguration}. */
export function readConfig<Schema extends ConfigSchema>(schema: Schema, sources: ConfigSources): z.output<Schema> {
  return readConfiguration(schema, sources).config;
}

/**
 * Reads a service's configuration: environment, then the JSON file named by `CONFIG_FILE`, then what `COMPATIBILITY`
 * turns on, then defaults. An empty variable is an unset one; `NAME_FILE` names a file that holds the secret `NAME`.
 * @throws ConfigError listing every variable that is wrong, without a value; with `CONFIG_STRICT=true` also every one
 * that is set without effect.
 */
export function readConfiguration<Schema extends ConfigSchema>(
  schema: Schema,
  sources: ConfigSources,
): Configuration<z.output<Schema>> {
  const issues: ConfigIssue[] = [];
  const { given, file, fromFile } = givenValues(schema, sources, issues);
  const names = given['COMPATIBILITY'] === 'ims' ? Object.keys(schema.shape) : [];
  const { values: profile, takenFrom } = imsValues(names, given);
  const parsed = schema.safeParse({ ...given, ...profile });
  if (!parsed.success || issues.length > 0) {
    const found = schemaIssues(parsed.error, issues);
    const ofFile = found.filter(({ variable }) => fromFile.has(variable));
    const others = found.filter(({ variable }) => !fromFile.has(variable));
    throw new ConfigError([...issues, ...others, ...placed(file.text, ofFile)]);
  }
  const withoutEffect = variablesWithoutEffect(schema, parsed.data, { env: sources.env, given, takenFrom });
  const mistakes = withoutEffect.filter(({ shared }) => !shared);
  if (given['CONFIG_STRICT'] === 'true' && mistakes.length > 0) {
    throw new ConfigError(mistakes.map(({ variable, problem }) => ({ variable, message: problem })));
  }
  return { config: parsed.data, profile, withoutEffect };
}

/** What the environment and the configuration file say, and which of it the file alone. */
interface GivenValues {
  given: Record<string, string>;
  file: ConfigFile;
  fromFile: ReadonlySet<string>;
}

function givenValues(schema: ConfigSchema, sources: ConfigSources, issues: ConfigIssue[]): GivenValues {
  const reading: Reading = { issues, read: createReader(sources, issues) };
  const secrets = secretVariables(schema);
  const file = readConfigFile(schema, sources.env, reading);
  const given: Record<string, string> = {};
  const fromFile = new Set<string>();
  for (const name of Object.keys(schema.shape)) {
    const names: VariableNames = { name, fileName: secrets.has(name) ? `${name}_FILE` : undefined };
    const ofEnvironment = valueIn(sources.env, names, reading);
    const value = ofEnvironment ?? valueIn(file.values, names, reading);
    if (value !== undefined) given[name] = value;
    if (ofEnvironment === undefined && file.values[name] !== undefined) fromFile.add(name);
  }
  return { given, file, fromFile };
}

interface Reading {
  read: (variable: string, path: string) => string | undefined;
  issues: ConfigIssue[];
}

interface VariableNames {
  name: string;
  /** The variable that names a file with the value, for secrets. */
  fileName: string | undefined;
}

function createReader({ readTextFile }: ConfigSources, issues: ConfigIssue[]): Reading['read'] {
  return (variable, path) => {
    try {
      return readTextFile === undefined ? readFileSync(path, 'utf8') : readTextFile(path);
    } catch (error) {
      issues.push({ variable, message: `names a file that ${whyUnreadable(error, path) ?? 'cannot be read'}` });
      return undefined;
    }
  };
}

/** The value that one source has for a variable, directly or by a mounted secret. */
function valueIn(source: Environment, { name, fileName }: VariableNames, reading: Reading): string | undefined {
  const value = nonEmpty(source[name]);
  const path = fileName === undefined ? undefined : nonEmpty(source[fileName]);
  if (fileName === undefined || path === undefined) return value;
  if (value === undefined) return reading.read(fileName, path)?.replace(/\r?\n$/, '');
  reading.issues.push({ variable: name, message: `is set twice: also by ${fileName}` });
  return value;
}

/** `CONFIG_FILE`, empty where there is none. */
interface ConfigFile {
  text: string;
  values: Environment;
}

function readConfigFile(schema: ConfigSchema, env: Environment, { read, issues }: Reading): ConfigFile {
  const path = nonEmpty(env['CONFIG_FILE']);
  const text = path === undefined ? undefined : read('CONFIG_FILE', path);
  if (text === undefined) return { text: '{}', values: {} };
  const known = new Set([...Object.keys(schema.shape), ...[...secretVariables(schema)].map((name) => `${name}_FILE`)]);
  try {
    return { text, values: Object.fromEntries(parseConfigFile(text, known, env)) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    issues.push(...error.issues);
    return { text: '{}', values: {} };
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
