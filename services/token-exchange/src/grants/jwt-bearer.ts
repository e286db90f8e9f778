import type { ActAsPrefix } from '@mandate/composition';
import { type ActAs, JWT_BEARER_GRANT, parseActAs, type ResourceSyntax, withoutActAs } from '@mandate/oauth';
import type { DelegationGrant } from '../exchange/inquiry.js';
import { readActAs } from '../exchange/read-act-as.js';
import { type AssertionReading, parseAssertionRequest, readUserAssertion } from '../exchange/read-assertion.js';

export interface JwtBearerGrantOptions {
  reading: AssertionReading;
  resourceSyntax: ResourceSyntax;
  actAs: {
    prefixes: readonly ActAsPrefix[];
    /** Whose names they are that have no issuer of their own; `undefined`: nobody's. */
    subjectIssuer: string | undefined;
  };
}

/**
 * A JWT as an authorization grant (RFC 7523 section 2.1): somebody is there because an assertion says so. Where the
 * request names whom to act as, the assertion says who acts.
 */
export function createJwtBearerGrant({ reading, resourceSyntax, actAs }: JwtBearerGrantOptions): DelegationGrant {
  const prefixes = actAs.prefixes.map(({ prefix }) => prefix);
  const issuerOf = ({ prefix: used }: ActAs): string | undefined =>
    actAs.prefixes.find(({ prefix }) => prefix === used)?.issuer ?? actAs.subjectIssuer;
  return {
    grantType: JWT_BEARER_GRANT,
    read(form, by) {
      const subject = parseActAs(form, prefixes);
      const { defaultTargets = [] } = by.caller.client ?? {};
      const { assertion, terms: written } = parseAssertionRequest(form, resourceSyntax, defaultTargets);
      const terms = { ...written, scopes: withoutActAs(written.scopes, prefixes) };
      if (subject === undefined) return readUserAssertion({ assertion, terms }, by, reading);
      const request = { assertion, terms, name: subject.name, issuer: issuerOf(subject) };
      return readActAs(request, by, reading.verifier);
    },
  };
}
