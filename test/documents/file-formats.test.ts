import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parsePeople } from '@mandate/authentication';
import { parseClients } from '@mandate/clients';
import { parsePolicyFile } from '@mandate/policy';
import { parseWrittenJson } from '@mandate/ports';
import { commonConfig, readConfig } from '@mandate/service-kit';
import { parseTrustedIssuers } from '@mandate/token';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');
const readText = (path: string) => readFileSync(join(root, path), 'utf8');

interface Format {
  name: string;
  parse: (text: string) => unknown;
  /** Files of this repository. */
  files: string[];
  /** One that names its schema. */
  example: object;
  /** The same with a member that nobody knows. */
  misspelt: object;
}

const schema = { $schema: 'https://example.com/schema.json' };
const client = { clientId: 'a', clientSecret: 's' };
const issuer = { issuer: 'https://a.example.com', openid: true };
const formats: Format[] = [
  {
    name: 'policy',
    parse: parsePolicyFile,
    files: ['services/standalone/development/policy.json', 'config/development/policy.json'],
    example: { ...schema, resources: [{ audience: 'a' }] },
    misspelt: { ...schema, resources: [{ audience: 'a', scope: 'x' }] },
  },
  {
    name: 'clients',
    parse: parseClients,
    files: ['services/standalone/development/clients.json', 'config/development/clients.json'],
    example: { ...schema, clients: [client] },
    misspelt: { ...schema, clients: [{ ...client, scope: 'x' }] },
  },
  {
    name: 'trusted-issuers',
    parse: parseTrustedIssuers,
    files: ['config/development/trusted-issuers.local.json'],
    example: { ...schema, issuers: [issuer] },
    misspelt: { ...schema, issuers: [{ ...issuer, audiences: 'x' }] },
  },
  {
    name: 'people',
    parse: parsePeople,
    files: [],
    example: { ...schema, people: [{ sub: 'alice', loginHints: ['alice@example.com'] }] },
    misspelt: { ...schema, people: [{ sub: 'alice', hints: ['alice@example.com'] }] },
  },
  {
    name: 'configuration',
    parse: (text) => readConfig(z.object(commonConfig), { env: { CONFIG_FILE: 'x' }, readTextFile: () => text }),
    files: [],
    example: { ...schema, LOG_LEVEL: 'warn' },
    misspelt: { ...schema, LOGLEVEL: 'warn' },
  },
];

describe.each(formats)('docs/schemas/$name.json', ({ name, parse, files, example, misspelt }) => {
  const accepts = z.fromJSONSchema(JSON.parse(readText(`docs/schemas/${name}.json`)) as boolean);

  it('accepts what the services accept', () => {
    const contents = [...files.map(readText), JSON.stringify(example)];
    for (const text of contents) {
      const value = JSON.parse(JSON.stringify(parseWrittenJson(text))) as unknown;
      expect(accepts.safeParse(value).error).toBeUndefined();
    }
    expect(() => parse(JSON.stringify(example))).not.toThrow();
  });

  it('refuses a misspelt member, as the services do, which say where it is', () => {
    expect(accepts.safeParse(misspelt).success).toBe(false);
    expect(() => parse(JSON.stringify(misspelt, undefined, 2))).toThrow(/\(line \d+, column \d+\)/);
  });
});
