import { digestOf } from '@mandate/delegations';

/** Base64url characters of 128 bits. */
const DECISION_ID_LENGTH = 22;

/** What devices and their answers name a request by: it says nothing of the `auth_req_id` that the client polls with. */
export function decisionIdOf(authReqId: string): string {
  return digestOf(`decision ${authReqId}`).slice(0, DECISION_ID_LENGTH);
}
