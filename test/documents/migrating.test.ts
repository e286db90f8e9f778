import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeVariables, IMS_PROFILE } from '@mandate/service-kit';
import { ENVIRONMENTS } from '../ims/published-requests.js';
import { SERVICE_SCHEMAS } from '../manifests/service-schemas.js';
import { tableRows } from './markdown.js';

const document = readFileSync(new URL('../../docs/migrating-from-forgerock.md', import.meta.url), 'utf8');
const variables = new Set(
  Object.values(SERVICE_SCHEMAS).flatMap((schema) => describeVariables(schema).map(({ name }) => name)),
);

describe('docs/migrating-from-forgerock.md', () => {
  it('lists what COMPATIBILITY=ims turns on, with its values', () => {
    const settings = tableRows(document, 'setting').map(([setting = '']) => setting.split(',', 1)[0]);
    const inForce = Object.entries(IMS_PROFILE).map(([name, value]) =>
      typeof value === 'string' ? `\`${name}=${value}\`` : `\`${name}\``,
    );
    expect(settings).toEqual(inForce);
    expect(Object.keys(IMS_PROFILE).filter((name) => !variables.has(name))).toEqual([]);
  });

  it.each(Object.keys(SERVICE_SCHEMAS))('tells of every variable that a published environment gives %s', (service) => {
    const rowNames = tableRows(document, service)
      .flatMap(([names = '']) => [...names.matchAll(/`([A-Z][A-Z0-9_]+)/g)])
      .map(([, name]) => name ?? '');
    const publishedNames = new Set(
      Object.values(ENVIRONMENTS).flatMap((services) => Object.keys(services[service] ?? {})),
    );
    expect([...publishedNames].filter((name) => !rowNames.includes(name))).toEqual([]);
  });

  it('names no variable that no service has', () => {
    const names = [...document.matchAll(/`([A-Z][A-Z_]+[A-Z])(?:=[^`]*)?`/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !['OCT', 'ALICE', 'N_A'].includes(name) && !variables.has(name))).toEqual([]);
  });

  it('names every variable of AM that has a counterpart in the 2018 services', () => {
    const ofAm = [...variables].filter((name) => /^EXCHANGE_OPENAM_(?:AUTH|POLICY|COOKIE)/.test(name));
    expect(ofAm.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });
});
