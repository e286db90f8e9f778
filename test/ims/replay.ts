import type { PublishedRequest } from './published-requests.js';

/** Where the published addresses are now, and what AM's administrator's password is. */
export interface Addresses {
  am: string;
  /** By the variables of the collections: `MS_AUTHN_URL` and so on. */
  services: Readonly<Record<string, string>>;
  adminPassword: string;
}

export interface ReplayedAnswer {
  status: number;
  body: Record<string, unknown>;
}

const PUBLISHED_AM = /https?:\/\/(?:localhost:8080|openam\.example\.com:8080|openam\.prod\.forgerockmesh\.ml)\/openam/g;
const PUBLISHED_VALIDATION = 'http://localhost:28080';
const PUBLISHED_PASSWORD = 'cangetinam';

/** Puts addresses and the administrator's password into a published text, and nothing else. */
export function withAddresses(text: string, { am, services, adminPassword }: Addresses): string {
  return text
    .replaceAll(PUBLISHED_AM, am)
    .replaceAll(PUBLISHED_VALIDATION, services['MS_VALIDATION_URL'] ?? '')
    .replaceAll(PUBLISHED_PASSWORD, adminPassword);
}

/** The name under which AM is published, and sets its cookies for; those of `localhost` are none that a browser keeps. */
const COOKIE_HOST = 'http://openam.example.com:8080/';

/** Sends the requests of a collection one after the other, as Postman does: with its variables and its cookies. */
export function createReplay(addresses: Addresses): (request: PublishedRequest) => Promise<ReplayedAnswer> {
  const variables = new Map(Object.entries(addresses.services));
  const cookies = new Map<string, string>();
  const fill = (text: string): string =>
    withAddresses(text, addresses).replaceAll(/\{\{(\w+)\}\}/g, (match, name: string) => variables.get(name) ?? match);

  return async (request) => {
    const url = fill(request.url);
    const keepsCookies = request.url.startsWith(COOKIE_HOST);
    const response = await fetch(url, {
      method: request.method,
      redirect: 'manual',
      headers: { ...headersOf(request, fill), ...(keepsCookies && { cookie: cookieHeader(cookies) }) },
      ...(request.method === 'POST' && { body: bodyOf(request, fill) }),
    });
    if (keepsCookies) keepCookies(response, cookies);
    const body = parseBody(await response.text());
    for (const { variable, from } of request.saves) {
      const value = from.includes('Location')
        ? codeOf(response.headers.get('location'))
        : body[from.split('.')[1] ?? ''];
      if (typeof value === 'string') variables.set(variable, value);
    }
    return { status: response.status, body };
  };
}

function headersOf({ headers, auth, body }: PublishedRequest, fill: (text: string) => string): Record<string, string> {
  const fields = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), fill(value)]);
  const credential = (key: string): string => auth?.basic.find((one) => one.key === key)?.value ?? '';
  const basic = Buffer.from(`${credential('username')}:${credential('password')}`).toString('base64');
  return {
    ...(Array.isArray(body) && { 'content-type': 'application/x-www-form-urlencoded' }),
    ...Object.fromEntries(fields),
    ...(auth !== undefined && { authorization: `Basic ${basic}` }),
  };
}

function bodyOf({ body }: PublishedRequest, fill: (text: string) => string): string {
  if (typeof body === 'string') return fill(body);
  const enabled = body.filter(({ disabled }) => disabled !== true);
  return new URLSearchParams(enabled.map(({ key, value }): [string, string] => [key, fill(value)])).toString();
}

function keepCookies(response: Response, cookies: Map<string, string>): void {
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) cookies.set(name, value);
  }
}

function cookieHeader(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}

function codeOf(location: string | null): string | undefined {
  return location === null ? undefined : (new URL(location).searchParams.get('code') ?? undefined);
}

function parseBody(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}
