import { text } from 'node:stream/consumers';
import type { JsonObject } from '@mandate/ports';
import { pathOf } from '@mandate/testing';
import { temporaryServer } from '../after-tests.js';

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
  /** The `authorization_details` of the last question. */
  lastDetails(): JsonObject[];
  /** How the next questions are answered. */
  answerAsk: (reply: Reply) => void;
  /** How the next polls are answered; default: pending. */
  answerPoll: (reply: Reply) => void;
  /** Answers as at the start. */
  reset(): void;
}

const PENDING = errorReply('authorization_pending');

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
  const server = await temporaryServer((request, response) => {
    void text(request).then((body) => {
      const form = {
        ...Object.fromEntries(new URLSearchParams(body)),
        authorization: request.headers.authorization ?? '',
      };
      const isQuestion = pathOf(request) === '/service/bc-authorize';
      (isQuestion ? questions : polls).push(form);
      const question = { auth_req_id: `question-${questions.length}`, expires_in: 120, interval: 1 };
      const reply = isQuestion ? (ask ?? { status: 200, body: question }) : poll;
      response.writeHead(reply.status, { 'Content-Type': 'application/json', ...reply.headers });
      response.end(JSON.stringify(reply.body));
    });
  });
  return {
    url: server.origin,
    questions,
    polls,
    lastDetails: () => JSON.parse(questions.at(-1)?.['authorization_details'] ?? '[]') as JsonObject[],
    answerAsk: (reply) => void (ask = reply),
    answerPoll: (reply) => void (poll = reply),
    reset() {
      ask = undefined;
      poll = PENDING;
    },
  };
}
