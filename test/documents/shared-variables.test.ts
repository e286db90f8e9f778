import { describe, expect, it } from '@jest/globals';
import { describeVariables } from '@mandate/service-kit';
import { SERVICE_SCHEMAS } from '../manifests/service-schemas.js';

/** Each service has its own. */
const PORTS = ['PORT', 'MANAGEMENT_PORT'];

const variables = Object.values(SERVICE_SCHEMAS).flatMap((schema) => describeVariables(schema));

// The standalone spreads the schemas of the services: of two defaults the last would win.
describe('a variable of several services', () => {
  it('has one default and one meaning', () => {
    const declarations = new Map<string, Set<string>>();
    for (const { name, default: defaultValue, values, meaning } of variables) {
      const declaration = JSON.stringify({ defaultValue, values, meaning });
      declarations.set(name, (declarations.get(name) ?? new Set()).add(declaration));
    }
    const several = [...declarations].filter(([, distinct]) => distinct.size > 1);
    expect(several.map(([name]) => name).filter((name) => !PORTS.includes(name))).toEqual([]);
    expect(declarations.size).toBeLessThan(variables.length);
  });
});
