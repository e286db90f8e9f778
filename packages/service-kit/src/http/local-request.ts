import type { EndpointRequest } from '../service.js';

/**
 * A request from within this process, to an endpoint of another service in it: with nothing that only a message from
 * outside has.
 *
 * @example
 * await endpoint.handle(localRequest({ form, authorization, address, context, signal }));
 */
export function localRequest(
  members: Pick<EndpointRequest, 'form' | 'authorization' | 'address' | 'context' | 'signal'>,
): EndpointRequest {
  return {
    query: () => new Map(),
    cookie: () => undefined,
    header: () => undefined,
    certificate: () => undefined,
    ...members,
  };
}
