import { describe, expect, it } from '@jest/globals';
import { describeVariables, readConfiguration } from '@mandate/service-kit';
import { SERVICE_SCHEMAS } from '../manifests/service-schemas.js';

/** Values one of which any variable takes. */
const SAMPLES = [
  '1',
  '100',
  'true',
  '1/1',
  'http://127.0.0.1:9/v0/data/x',
  'ldap://127.0.0.1:9',
  '127.0.0.1:9',
  'json',
  'openam',
  'some-text-of-32-letters-and-more',
];

const conditionalVariables = Object.entries(SERVICE_SCHEMAS).flatMap(([service, schema]) =>
  describeVariables(schema).flatMap(({ name, usedWith, values }) => {
    const sample = [...(values ?? []), ...SAMPLES].find((text) => schema.shape[name]?.safeParse(text).success) ?? '';
    return usedWith === undefined ? [] : [{ service, schema, name, usedWith, sample }];
  }),
);

describe('a variable that does something only beside another', () => {
  it('is any of those of AM, OPA, Redis, the audit file, the policies aside and the trusted issuers', () => {
    const names = new Set(conditionalVariables.map(({ name }) => name.split('_').slice(0, 2).join('_')));
    expect([...names]).toEqual(
      expect.arrayContaining([
        'REDIS_CA',
        'AUDIT_FILE',
        'EXCHANGE_OPENAM',
        'EXCHANGE_JWT',
        'ISSUER_JWK',
        'RATE_LIMIT',
        'CONSENT_RATE',
      ]),
    );
  });

  it.each(conditionalVariables)(
    '$service $name is said to do nothing alone, and not beside it',
    ({ schema, ...variable }) => {
      const { name, usedWith, sample } = variable;
      const namesWithoutEffect = (env: Record<string, string>): string[] =>
        readConfiguration(schema, { env: { [name]: sample, ...env } }).withoutEffect.map((one) => one.variable);
      const conditions = Object.entries(usedWith);
      // Where a default makes it effective, the other way round.
      for (const [other, condition] of conditions) {
        const value = oneOf(condition);
        expect(namesWithoutEffect({ [other]: value === true ? anyValue(schema, other) : value })).not.toContain(name);
      }
      const environment = Object.fromEntries(
        conditions.flatMap(([other, value]) => offValue(schema, other, oneOf(value))),
      );
      expect(namesWithoutEffect(environment)).toContain(name);
    },
  );
});

type Schema = (typeof conditionalVariables)[number]['schema'];

/** A value that the variable takes. */
function anyValue(schema: Schema, name: string): string {
  const { values = [] } = describeVariables(schema).find((one) => one.name === name) ?? {};
  const addresses = ['redis://127.0.0.1:9', 'http://127.0.0.1:9', '127.0.0.1'];
  return [...values, ...addresses].find((text) => schema.shape[name]?.safeParse(text).success) ?? '';
}

/** Of several values that have the effect, the first. */
function oneOf(condition: (typeof conditionalVariables)[number]['usedWith'][string]): string | true {
  return [condition].flat()[0] ?? true;
}

/** A value under which the other variable makes nothing effective; none: to be left unset. */
function offValue(schema: Schema, name: string, value: string | true): [string, string][] {
  if (value === true) return [];
  const { values = [], default: defaultValue } = describeVariables(schema).find((one) => one.name === name) ?? {};
  if (![defaultValue].flat().includes(value)) return [];
  const other = values.find((word) => word !== value);
  return other === undefined ? [] : [[name, other]];
}
