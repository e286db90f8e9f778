import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startLoopbackServer } from '@mandate/testing';

/** What was asked of the stand-in. */
interface OpaRequest {
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server in OPA's place, for answers that a real one cannot be made to give. */
export interface OpaStandIn {
  origin: string;
  requests: OpaRequest[];
  answer(body: string, members?: { status?: number; contentType?: string }): void;
  answerBy(respond: (request: IncomingMessage, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

export async function startOpaStandIn(): Promise<OpaStandIn> {
  const requests: OpaRequest[] = [];
  let respond: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end();
  const server = await startLoopbackServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ url: request.url, headers: request.headers, body });
      respond(request, response);
    });
  });
  return {
    origin: server.origin,
    requests,
    answer(body, { status = 200, contentType = 'application/json' } = {}) {
      respond = (_request, response) => response.writeHead(status, { 'Content-Type': contentType }).end(body);
    },
    answerBy: (next) => (respond = next),
    close: () => server.close(),
  };
}
