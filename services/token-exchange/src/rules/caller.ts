import type { Caller } from '@mandate/clients';
import type { EndpointRequest } from '@mandate/service-kit';
import { callerLacks } from '@mandate/token-endpoint';
import { type Checked, passed, refused } from './checked.js';

/** Whether the caller may use the grant at all: what the token endpoint refuses before anything is decided, for explain. */
export function checkCaller(
  request: Pick<EndpointRequest, 'certificate'> & { caller: Caller },
  grant: { grantType: string; requiredScope: string },
): Checked {
  const { caller } = request;
  const { grantType, requiredScope } = grant;
  const facts = () => ({ grantType, scopes: caller.scopes });
  switch (callerLacks(caller, grant, request)) {
    case 'scope':
      return refused('caller_lacks_scope', `the caller to have the scope ${requiredScope}`, facts);
    case 'grant_type':
      return refused('grant_type_not_allowed', `${grantType} among the grant types of the client`, facts);
    case 'certificate':
      return refused('certificate_missing', 'the client to show the certificate that its tokens are bound to', facts);
    case undefined:
      return passed(facts);
  }
}
