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
  send(label: string, url: string, init?: RequestInit): Promise<WireAnswer>;
  /** Sends bytes that need not be HTTP. */
  sendRaw(label: string, url: string, bytes: string): Promise<void>;
  canaries(): Canary[];
  /** What was answered, by what was asked. */
  answers: { label: string; status: number; text: string }[];
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
    async send(label, url, init = {}) {
      const response = await fetch(url, { redirect: 'manual', ...init });
      const content = await response.text();
      const head = [response.statusText, ...[...response.headers].map((header) => header.join(': '))].join('\n');
      const body = parseBody(content);
      const { status } = response;
      const tokens = ISSUED.map((member) => (status === 200 ? body[member] : undefined)).filter(isText);
      for (const token of tokens) remember(`token issued: ${label}`, token);
      const isForCaller = body['active'] === true || response.headers.get('content-type')?.startsWith(SIGNED) === true;
      const publicBody = isForCaller ? '' : content;
      const cleanBody = tokens.reduce((rest, token) => rest.replace(token, ''), publicBody);
      answers.push({ label, status, text: `${head}\n\n${cleanBody}` });
      return { status, body };
    },
    async sendRaw(label, url, bytes) {
      const { hostname, port } = new URL(url);
      const socket = connect({ host: hostname, port: Number(port) });
      socket.end(bytes);
      const answer = await text(socket).catch(() => '');
      answers.push({ label, status: Number(answer.split(' ')[1] ?? 0), text: answer });
    },
  };
}

function parseBody(content: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(content);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
