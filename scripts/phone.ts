import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, jwtVerify } from 'jose';

// node scripts/phone.ts, in docker-compose.yml: stands for the operator's app and every person's phone (docs/people.md), for
// development. It takes the questions of authentication and logs each with a link. Whoever opens that has answered for the person:
// a real app lets them prove who they are first, and says so in `sub`.

const { env } = process;
const authentication = env['AUTHENTICATION_URL'] ?? 'http://127.0.0.1:18080';
const issuer = env['AUTHENTICATION_ISSUER'] ?? authentication;
/** What authentication has as CIBA_WEBHOOK_URL. */
const own = env['PHONE_URL'] ?? 'http://127.0.0.1:18085/questions';
/** Where links lead. */
const links = env['PHONE_LINKS'] ?? 'http://127.0.0.1:18085';
const credentials = `phone:${env['PHONE_SECRET'] ?? 'phone-development'}`;
const port = Number(env['PORT'] ?? 18085);

const keys = createRemoteJWKSet(new URL(`${authentication}/.well-known/jwks.json`));
/** Who is asked, by the name of the request. */
const open = new Map<string, string>();

interface Reply {
  status: number;
  body: string;
}

/** Kept and shown, if it is authentication that asks. Where nobody is to be asked the answer is the same. */
async function takeQuestion(question: string): Promise<Reply> {
  const jwt = await jwtVerify(question, keys, { issuer, audience: own, typ: 'ciba-question+jwt' });
  const {
    request,
    sub,
    exp = 0,
    client_id: client,
    scope,
    binding_message: message,
    authorization_details: details,
  } = jwt.payload;
  if (typeof sub === 'string' && typeof request === 'string') {
    open.set(request, sub);
    setTimeout(() => open.delete(request), exp * 1000 - Date.now()).unref();
    const link = `${links}/answer?request=${request}&approve=true`;
    process.stdout.write(`${JSON.stringify({ asked: sub, client, scope, message, details, link })}\n`);
  }
  return { status: 202, body: '' };
}

/** One question by `request`, or all that waits for the person `sub`. */
async function answer(query: URLSearchParams): Promise<Reply> {
  const approve = query.get('approve');
  if (approve !== 'true' && approve !== 'false') return { status: 400, body: 'approve is true or false.\n' };
  const matches = [...open].filter(([request, sub]) => request === query.get('request') || sub === query.get('sub'));
  if (matches.length === 0) return { status: 404, body: 'Nobody is asked that.\n' };
  for (const [request, sub] of matches) {
    const status = await decide({ request, sub, approve: approve === 'true' });
    if (status !== 200) return { status: 502, body: `authentication says ${status}\n` };
    open.delete(request);
  }
  return {
    status: 200,
    body: matches.map(([, sub]) => `${sub} says ${approve === 'true' ? 'yes' : 'no'}.\n`).join(''),
  };
}

async function decide(decision: object): Promise<number> {
  const grant = await fetch(`${authentication}/service/access_token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'ciba-decide' }),
  });
  if (!grant.ok) return grant.status;
  const { access_token: token } = (await grant.json()) as Record<string, unknown>;
  const response = await fetch(`${authentication}/service/bc-decision`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' },
    body: JSON.stringify(decision),
  });
  return response.status;
}

async function reply(request: IncomingMessage): Promise<Reply> {
  const { pathname, searchParams } = new URL(request.url ?? '/', links);
  if (request.method === 'POST' && pathname === '/questions') return takeQuestion(await text(request));
  if (request.method === 'GET' && pathname === '/answer') return answer(searchParams);
  if (request.method === 'GET' && pathname === '/readyz') return { status: 200, body: '' };
  return { status: 404, body: '' };
}

createServer((request, response) => {
  const renderFailure = (error: unknown): Reply => {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    return { status: 400, body: '' };
  };
  void reply(request)
    .catch(renderFailure)
    .then(({ status, body }) => response.writeHead(status, { 'content-type': 'text/plain' }).end(body));
}).listen(port, env['HOST'] ?? '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
