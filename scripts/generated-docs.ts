import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { authenticationConfig } from '@mandate/authentication';
import { type ConfigSchema, type VariableDescription, commonConfig, describeVariables } from '@mandate/service-kit';
import { tokenExchangeConfig } from '@mandate/token-exchange';
import { tokenValidationConfig } from '@mandate/token-validation';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { standaloneConfig } from '../services/standalone/src/config.js';
import { renderCaseCatalogue } from './case-catalogue.js';
import { fileFormats, membersTable } from './file-formats.js';

// npm run docs [-- --check]: renders docs/configuration.md, the table of docs/policies.md, docs/schemas, and the list of every
// service's variables, from the schemas of the services and of their files, and docs/cases.md from the names of the tests;
// --check only compares and exits 1 when one is stale.

const root = resolve(import.meta.dirname, '..');

const INTRODUCTION = `# Configuration

This page is made from the schemas of the services by \`npm run docs\`; edit the schemas, not the page.

A value comes from the environment variable, else from the configuration file, else it is the default. An empty
variable is an unset one. A mistake stops the start with exit code 78 and one log line that names every offending
variable and never a value.

- **Configuration file**: \`CONFIG_FILE\` names a JSON file, \`//\` comments allowed, whose members are named like the
  variables. Lists may be JSON arrays. \`&{NAME|default}\` in a string stands for an environment variable, or the
  default. A member that no variable has is refused.
- **Secrets**, marked \`secret\`: \`NAME_FILE\` instead of \`NAME\` names a file that holds the value, for instance a
  mounted Kubernetes secret.
- **Units** are in the names: \`_SECONDS\`, \`_MS\`. Lists are separated by commas.
`;

function table(variables: readonly VariableDescription[]): string {
  const rows = variables.map(
    (variable) => `| \`${variable.name}\` | ${defaultOf(variable)} | ${meaningOf(variable)} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function defaultOf({ default: value, required }: VariableDescription): string {
  if (required) return '**required**';
  const text = [value ?? []].flat().map(String).join(',');
  if (text === '') return 'unset';
  return `\`${text.startsWith(root) ? relative(root, text) : text}\``;
}

function meaningOf({ meaning, secret, values }: VariableDescription): string {
  const choice = values === undefined ? '' : ` (${values.map((value) => `\`${value}\``).join(', ')})`;
  return `${meaning}${choice}${secret ? ' *(secret)*' : ''}`.replaceAll('|', String.raw`\|`);
}

const common = describeVariables(z.object(commonConfig));

/** What a service has that is not in `base` as it stands. */
function additions(schema: ConfigSchema, base: readonly VariableDescription[]): VariableDescription[] {
  const baseTexts = new Set(base.map((variable) => JSON.stringify(variable)));
  return describeVariables(schema).filter((variable) => !baseTexts.has(JSON.stringify(variable)));
}

const services: [name: string, schema: ConfigSchema][] = [
  ['authentication', authenticationConfig],
  ['token-validation', tokenValidationConfig],
  ['token-exchange', tokenExchangeConfig],
];

function render(): string {
  const sections = services.map(([name, schema]) => `## ${name}\n\n${table(additions(schema, common))}\n`);
  const ofServices = services.flatMap(([, schema]) => describeVariables(schema));
  const standalone = table(additions(standaloneConfig, [...common, ...ofServices]));
  return [
    INTRODUCTION,
    `## Every service\n\n${table(common)}\n`,
    ...sections,
    `## standalone\n\nHas the variables of all three services; these are its own, or have another default.\n\n${standalone}\n`,
  ].join('\n');
}

/** Every variable of any service: one that another service has is no misspelling. */
function renderNames(): string {
  const names = [...new Set(Object.keys(standaloneConfig.shape))].sort();
  return `/** Made by \`npm run docs\`: the variables of every service, whichever this one is. */
export const PRODUCT_VARIABLES: readonly string[] = ${JSON.stringify(names)};
`;
}

const FILES = `## Files

These files are JSON, \`//\` comments allowed; an unknown member is refused, and an error names line and column. For editors each
has a JSON Schema, which the member \`$schema\` of the file may name. Key sets are those of RFC 7517.`;

function renderFiles(): string {
  const sections = fileFormats.map((format) => {
    const { name, variable, meaning, record } = format;
    const heading = `### ${variable}\n\n${meaning}: [schemas/${name}.json](schemas/${name}.json).`;
    if (name === 'policy') return `${heading} Its members: [policies.md](policies.md).`;
    return record === undefined ? heading : `${heading}\n\n${membersTable(format)}`;
  });
  return `${[FILES, ...sections].join('\n\n')}\n`;
}

/** The document with the table of rules between its two comments made anew. */
function withRulesTable(document: string): string {
  const [rules] = fileFormats;
  if (rules === undefined) return document;
  return document.replace(
    /(?<=<!-- made by npm run docs -->\n)[\s\S]*?(?=<!-- end -->)/,
    `\n${membersTable(rules)}\n\n`,
  );
}

const pages: [path: string, text: string, parser: 'markdown' | 'json' | 'typescript' | undefined][] = [
  ['packages/service-kit/src/config/product-variables.ts', renderNames(), 'typescript'],
  ['docs/configuration.md', `${render()}\n${renderFiles()}`, 'markdown'],
  ['docs/policies.md', withRulesTable(await readFile(resolve(root, 'docs/policies.md'), 'utf8')), undefined],
  ['docs/cases.md', await renderCaseCatalogue(root), undefined],
  ...fileFormats.map(({ name, schema }): [string, string, 'json'] => [
    `docs/schemas/${name}.json`,
    JSON.stringify(schema),
    'json',
  ]),
];

await mkdir(resolve(root, 'docs/schemas'), { recursive: true });
for (const [name, text, parser] of pages) {
  const path = resolve(root, name);
  const document = parser === undefined ? text : await format(text, { ...(await resolveConfig(path)), parser });
  if (!process.argv.includes('--check')) {
    await writeFile(path, document);
  } else if ((await readFile(path, 'utf8').catch(() => '')) !== document) {
    process.stderr.write(`${name} is not current: run npm run docs\n`);
    process.exitCode = 1;
  }
}
