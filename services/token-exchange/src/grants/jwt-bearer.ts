import { JWT_BEARER_GRANT, type ResourceSyntax } from '@mandate/oauth';
import type { DelegationGrant } from '../exchange/inquiry.js';
import { type AssertionReading, parseAssertionRequest, readUserAssertion } from '../exchange/read-assertion.js';

/** A JWT as an authorization grant (RFC 7523 section 2.1): somebody is there because an assertion says so. */
export function createJwtBearerGrant(options: {
  reading: AssertionReading;
  resourceSyntax: ResourceSyntax;
}): DelegationGrant {
  return {
    grantType: JWT_BEARER_GRANT,
    read(form, by) {
      const { defaultTargets = [] } = by.caller.client ?? {};
      return readUserAssertion(parseAssertionRequest(form, options.resourceSyntax, defaultTargets), by, options.reading);
    },
  };
}
