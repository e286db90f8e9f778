import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeVariables } from '@mandate/service-kit';
import { SERVICE_SCHEMAS } from '../manifests/service-schemas.js';

const document = readFileSync(new URL('../../docs/migrating-from-forgerock.md', import.meta.url), 'utf8');
const known = new Set(
  Object.values(SERVICE_SCHEMAS).flatMap((schema) => describeVariables(schema).map(({ name }) => name)),
);

describe('docs/migrating-from-forgerock.md', () => {
  it('names no variable that no service has', () => {
    const named = [...document.matchAll(/`([A-Z][A-Z_]+[A-Z])(?:=[^`]*)?`/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((name) => name !== 'OCT' && name !== 'ALICE' && !known.has(name))).toEqual([]);
  });

  it('names every variable of AM that has a counterpart in the 2018 services', () => {
    const ofAm = [...known].filter((name) => /^EXCHANGE_OPENAM_(?:AUTH|POLICY|COOKIE)/.test(name));
    expect(ofAm.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });
});
