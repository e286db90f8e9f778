import type { ClientStore } from '@mandate/clients';
import type { BackchannelRequest } from '@mandate/delegations';
import { type HttpClient, type Metrics, type TraceContext, traceHeaders, UpstreamError } from '@mandate/ports';
import type { RequestContext } from '@mandate/service-kit';

/** Tells a client that registered for it that its request has been answered (OpenID CIBA Core section 10.2). Never rejects. */
export type PingClient = (request: BackchannelRequest, context: PingContext) => Promise<void>;

export type PingContext = TraceContext & Pick<RequestContext, 'log'>;

export interface PingClientOptions {
  /** Where the endpoint of the client is registered. */
  store: ClientStore;
  /** Guarded: the endpoint is another party's choice (docs/security.md K4). */
  http: HttpClient;
  metrics: Metrics;
  timeoutMs: number;
}

const MAX_ANSWER_BYTES = 4096;

/** A client that is not reached polls all the same: whatever goes wrong is counted and logged, and changes nothing. */
export function createPingClient({ store, http, metrics, timeoutMs }: PingClientOptions): PingClient {
  const pings = metrics.counter({
    name: 'backchannel_pings_total',
    help: 'Clients told that a person has answered, by what came of it',
    labels: { outcome: ['delivered', 'failed'] },
  });
  const send = async ({ clientId, authReqId, notificationToken }: BackchannelRequest, context: PingContext) => {
    const client = await store.findClient(clientId);
    const url = client?.backchannelClientNotificationEndpoint;
    if (url === undefined) throw new UpstreamError('ping', 'refused', 'the client has no notification endpoint');
    const { status } = await http.send({
      method: 'POST',
      url,
      learned: true,
      timeoutMs,
      maxResponseBytes: MAX_ANSWER_BYTES,
      body: JSON.stringify({ auth_req_id: authReqId }),
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${notificationToken}`,
        ...traceHeaders(context),
      },
    });
    if (status !== 200 && status !== 204) throw new UpstreamError('ping', 'status', `status ${status}`);
  };

  return async (request, context) => {
    if (request.notificationToken === undefined) return;
    try {
      await send(request, context);
      pings.increment({ outcome: 'delivered' });
    } catch (error) {
      pings.increment({ outcome: 'failed' });
      const { failure, detail } = error instanceof UpstreamError ? error : { failure: 'failed', detail: undefined };
      context.log.warn('client not pinged', { client: request.clientId, failure, detail });
    }
  };
}
