import { createPublicKey, createPrivateKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type Algorithm, digestOf, signToken } from '../sign-token.js';

// The floor: a bare node:http server that reads a form, does the same signatures by node:crypto, and answers JSON. It
// authenticates nobody, decides nothing and records nothing.

const { PORT = '0', KEYS_FILE = '', ISSUERS_FILE = '', ALG = 'ES256' } = process.env;
const alg = ALG as Algorithm;
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const [own] = (readJson(KEYS_FILE) as { keys: [JsonWebKey] }).keys;
const signingKey = createPrivateKey({ format: 'jwk', key: own });
const [users] = readJson(ISSUERS_FILE) as [{ jwks: { keys: (JsonWebKey & { alg: string })[] } }];
const userKeys = new Map<string, KeyObject>(
  users.jwks.keys.map((key) => [key.alg, createPublicKey({ format: 'jwk', key })]),
);

function verifyToken(token: string): Record<string, unknown> {
  const [head = '', payload = '', signature = ''] = token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: Algorithm };
  const key = userKeys.get(header.alg);
  const data = Buffer.from(`${head}.${payload}`);
  if (key === undefined) throw new Error('no key');
  const verificationKey = { key, dsaEncoding: 'ieee-p1363' } as const;
  if (!verify(digestOf(header.alg), data, verificationKey, Buffer.from(signature, 'base64url')))
    throw new Error('bad signature');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

function answer(url: string, form: URLSearchParams): object {
  if (url === '/introspect') return { active: true, ...verifyToken(form.get('token') ?? '') };
  const claims: Record<string, unknown> = { iss: 'floor', sub: 'gateway', client_id: 'gateway', scope: 'read' };
  const [subject, actor] = [form.get('subject_token'), form.get('actor_token')];
  if (subject !== null) claims['sub'] = verifyToken(subject)['sub'];
  if (actor !== null) claims['act'] = { sub: verifyToken(actor)['sub'] };
  return { access_token: signToken(signingKey, { alg, kid: 'floor', ...claims }), token_type: 'Bearer' };
}

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.stringify(answer(request.url ?? '', new URLSearchParams(Buffer.concat(chunks).toString())));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
}).listen(Number(PORT), '127.0.0.1', () => process.stdout.write('ready\n'));
