import { peopleFileSchema } from '@mandate/authentication';
import { clientFileSchema } from '@mandate/clients';
import { policyFileSchema } from '@mandate/policy';
import { describeVariables } from '@mandate/service-kit';
import { trustedIssuersFileSchema } from '@mandate/token';
import { z } from 'zod';
import { standaloneConfig } from '../services/standalone/src/config.js';

/** A file that people write: what it is called, the variable that names it, and its JSON Schema. */
export interface FileFormat {
  name: string;
  variable: string;
  meaning: string;
  schema: object;
  /** The schema of the object that the file lists, for a table; none where the members are variables. */
  record?: unknown;
}

const jsonSchema = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

const objectSchema = z.looseObject({ properties: z.record(z.string(), z.looseObject({ description: z.string() })) });
const listSchema = z.looseObject({ items: objectSchema });
const listedIn = (member: string): z.ZodType<z.infer<typeof objectSchema>> =>
  z
    .looseObject({ properties: z.looseObject({ [member]: listSchema }) })
    .transform(({ properties }) => listSchema.parse(properties[member]).items);

const policy = jsonSchema(policyFileSchema);
const clients = jsonSchema(clientFileSchema);
const issuers = jsonSchema(trustedIssuersFileSchema);
const people = jsonSchema(peopleFileSchema);

export const fileFormats: readonly FileFormat[] = [
  {
    name: 'policy',
    variable: 'EXCHANGE_POLICY_JSON_CONFIG_PATH',
    meaning: '`{"resources": [...]}`, a list of rules',
    schema: policy,
    record: listedIn('resources').parse(policy),
  },
  {
    name: 'clients',
    variable: 'CLIENT_CREDENTIALS_JSON_PATH',
    meaning: 'a list of records, or `{"clients": [...]}`',
    schema: clients,
    record: recordOf(clients),
  },
  {
    name: 'trusted-issuers',
    variable: 'TRUSTED_ISSUERS_FILE',
    meaning: 'a list of records, or `{"issuers": [...]}`',
    schema: issuers,
    record: recordOf(issuers),
  },
  {
    name: 'people',
    variable: 'CIBA_PEOPLE_FILE',
    meaning: '`{"people": [...]}`, a list of records',
    schema: people,
    record: listedIn('people').parse(people),
  },
  {
    name: 'configuration',
    variable: 'CONFIG_FILE',
    meaning: 'an object whose members are the variables of this page',
    schema: configurationSchema(),
  },
];

/** The record of a file that is a list, or an object with one. */
function recordOf(schema: object): unknown {
  const { anyOf } = z.looseObject({ anyOf: z.array(z.unknown()) }).parse(schema);
  return listSchema.parse(anyOf[0]).items;
}

function configurationSchema(): object {
  const value = { type: ['string', 'number', 'boolean', 'array'], items: { type: 'string' } };
  const members = describeVariables(standaloneConfig).flatMap(({ name, meaning, secret }) => {
    const own: [string, object] = [name, { ...value, description: meaning }];
    return secret
      ? [own, [`${name}_FILE`, { type: 'string', description: `File that holds ${name}` }] as const]
      : [own];
  });
  const properties = { $schema: { type: 'string' }, ...Object.fromEntries(members) };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties,
    additionalProperties: false,
  };
}

/** The members of a format's records as a table. */
export function membersTable({ record }: FileFormat): string {
  const rows = Object.entries(objectSchema.parse(record).properties).map(
    ([name, { description }]) => `| \`${name}\` | ${description.replaceAll('|', String.raw`\|`)} |`,
  );
  return ['| member | what it says |', '| --- | --- |', ...rows].join('\n');
}
