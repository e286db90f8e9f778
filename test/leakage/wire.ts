import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Canary } from './leak-scanner.js';

/** An answer, and what of it must be clean: the status line, every header, and the body without an issued token. */
export interface WireAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** The way to the services: keeps every answer for the scan, and knows every secret that was ever on it. */
export interface Wire {
  remember(name: string, value: string): string;
  send(what: string, url: string, init?: RequestInit): Promise<WireAnswer>;
  /** Sends bytes that need not be HTTP. */
  sendRaw(what: string, url: string, bytes: string): Promise<void>;
  canaries(): Canary[];
  /** What was answered, by what was asked. */
  answers: { what: string; status: number; text: string }[];
}

/** Introspection answers hold the claims of a token, for a caller who has the token itself. */
const SIGNED = 'application/token-introspection+jwt';

/** What an answer gives to who asked, and to nobody else. */
const ISSUED = ['access_token', 'id_token', 'refresh_token', 'auth_req_id'];

export function createWire(): Wire {
  const canaries = new Map<string, string>();
  const answers: Wire['answers'] = [];

  function remember(name: string, value: string): string {
    if (!canaries.has(value)) canaries.set(value, name);
    return value;
  }

  return {
    remember,
    answers,
    canaries: () => [...canaries].map(([value, name]) => ({ name, value })),
    async send(what, url, init = {}) {
      const response = await fetch(url, { redirect: 'manual', ...init });
      const received = await response.text();
      const head = [response.statusText, ...[...response.headers].map((header) => header.join(': '))].join('\n');
      const body = parseBody(received);
      const { status } = response;
      const issued = ISSUED.map((member) => (status === 200 ? body[member] : undefined)).filter(isText);
      for (const token of issued) remember(`token issued: ${what}`, token);
      const isForCaller = body['active'] === true || response.headers.get('content-type')?.startsWith(SIGNED) === true;
      const shown = isForCaller ? '' : received;
      const withoutIssued = issued.reduce((rest, token) => rest.replace(token, ''), shown);
      answers.push({ what, status, text: `${head}\n\n${withoutIssued}` });
      return { status, body };
    },
    async sendRaw(what, url, bytes) {
      const { hostname, port } = new URL(url);
      const socket = connect({ host: hostname, port: Number(port) });
      socket.end(bytes);
      const answered = await text(socket).catch(() => '');
      answers.push({ what, status: Number(answered.split(' ')[1] ?? 0), text: answered });
    },
  };
}

function parseBody(received: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(received);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
