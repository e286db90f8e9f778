import { text } from 'node:stream/consumers';
import { pathOf, startLoopbackServer } from '@mandate/testing';

export type Form = Record<string, string>;
interface Reply {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** What authentication was asked, and what it says from now on. */
export interface AuthenticationStandIn {
  url: string;
  /** The questions, as `/service/bc-authorize` got them. */
  questions: Form[];
  polls: Form[];
  /** How the next questions are answered; `undefined`: as ever. */
  answerAsk: (reply: Reply | undefined) => void;
  /** How the next polls are answered; default: pending. */
  answerPoll: (reply: Reply) => void;
  close(): Promise<void>;
}

export const PENDING = errorReply('authorization_pending');

export function errorReply(error: string, status = 400, headers: Record<string, string> = {}): Reply {
  return { status, body: { error, error_description: 'said by authentication' }, headers };
}

export function tokenReply(token: string): Reply {
  return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: 60 } };
}

/** authentication as far as token-exchange asks it: a second between polls, two minutes for the person. */
export async function startAuthenticationStandIn(): Promise<AuthenticationStandIn> {
  const questions: Form[] = [];
  const polls: Form[] = [];
  let ask: Reply | undefined;
  let poll = PENDING;
  const server = await startLoopbackServer((request, response) => {
    void text(request).then((body) => {
      const form = {
        ...Object.fromEntries(new URLSearchParams(body)),
        authorization: request.headers.authorization ?? '',
      };
      const isQuestion = pathOf(request) === '/service/bc-authorize';
      (isQuestion ? questions : polls).push(form);
      const usual: Reply = {
        status: 200,
        body: { auth_req_id: `question-${questions.length}`, expires_in: 120, interval: 1 },
      };
      const { status, body: answer, headers = {} } = isQuestion ? (ask ?? usual) : poll;
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(answer));
    });
  });
  return {
    url: server.origin,
    questions,
    polls,
    answerAsk: (reply) => void (ask = reply),
    answerPoll: (reply) => void (poll = reply),
    close: () => server.close(),
  };
}
