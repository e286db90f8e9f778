import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactVerify, generateKeyPair, SignJWT } from 'jose';
import { spawnStandalone } from './bench-standalone.js';

// npm run bench: each endpoint of the standalone beside a reference in the same run, as a ratio. The reference is a bare
// node:http server that does only the cryptography the endpoint cannot do without, over the same sockets.

const CONCURRENCY = 16;
const SECONDS = Number(process.argv[2] ?? 5);
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });

interface Target {
  url: string;
  headers?: Record<string, string>;
  body: string;
}

function post({ url, headers = {}, body }: Target): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const outgoing = request(url, { method: 'POST', agent, headers: { ...type, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

interface Figures {
  perSecond: number;
  medianMs: number;
  p99Ms: number;
}

/** Requests without a pause from as many callers as {@link CONCURRENCY}; anything but 200 ends the run. */
async function measure(target: Target): Promise<Figures> {
  const times: number[] = [];
  const until = performance.now() + SECONDS * 1000;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const started = performance.now();
      const { status } = await post(target);
      if (status !== 200) throw new Error(`the benchmark got ${status}`);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: times.length / SECONDS, medianMs: at(0.5), p99Ms: at(0.99) };
}

/** A server that verifies and signs ES256 as often as asked, and nothing else. */
async function startReference(verifications: number, signatures: number): Promise<{ url: string; close(): void }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const sign = (): Promise<string> =>
    new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
  const token = await sign();
  const work = async (): Promise<string> => {
    for (let count = 0; count < verifications; count++) await compactVerify(token, publicKey);
    let signed = '{}';
    for (let count = 0; count < signatures; count++) signed = await sign();
    return signed;
  };
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      work().then(
        (text) => response.end(text),
        () => response.destroy(),
      );
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

async function compare(
  name: string,
  target: Target,
  crypto: { verifications: number; signatures: number },
): Promise<void> {
  const reference = await startReference(crypto.verifications, crypto.signatures);
  const bare = { ...target, url: reference.url };
  await measure(target);
  const ours = await measure(target);
  const theirs = await measure(bare);
  reference.close();
  const ratio = ours.perSecond / theirs.perSecond;
  const columns = [
    name.padEnd(22),
    `${ours.perSecond.toFixed(0)}/s`.padStart(8),
    `${ours.medianMs.toFixed(1)} ms`.padStart(9),
    `${ours.p99Ms.toFixed(1)} ms`.padStart(9),
    `${theirs.perSecond.toFixed(0)}/s`.padStart(10),
    ratio.toFixed(2).padStart(6),
  ];
  process.stdout.write(`${columns.join(' ')}\n`);
}

const keys = mkdtempSync(join(tmpdir(), 'mandate-bench-'));
const standalone = await spawnStandalone(keys);
try {
  const authorization = `Basic ${Buffer.from('photo-app:photo-app-development').toString('base64')}`;
  const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
  const userToken = async (fields: Record<string, string>): Promise<string> =>
    (
      JSON.parse((await post({ url: `${standalone.url}/development/token`, body: form(fields) })).text) as {
        access_token: string;
      }
    ).access_token;
  const type = 'urn:ietf:params:oauth:token-type:access_token';
  const alice = await userToken({ sub: 'alice', may_act: 'bob' });
  const exchange = form({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: alice,
    subject_token_type: type,
    actor_token: await userToken({ sub: 'bob' }),
    actor_token_type: type,
    resource: 'http://images.example.com:*/*',
  });
  const target = (path: string, body: string): Target => ({
    url: `${standalone.url}${path}`,
    headers: { authorization },
    body,
  });
  process.stdout.write(
    `${CONCURRENCY} callers, ${SECONDS} s each; the reference does the same signatures over bare node:http\n\n`,
  );
  process.stdout.write(`${''.padEnd(22)}     ours    median       p99  reference  ratio\n`);
  const issue = target('/service/access_token', form({ grant_type: 'client_credentials' }));
  await compare('issue', issue, { verifications: 0, signatures: 1 });
  await compare('introspect', target('/service/introspect', form({ token: alice })), {
    verifications: 1,
    signatures: 0,
  });
  await compare('exchange', target('/service/tokensts', exchange), { verifications: 2, signatures: 1 });
} finally {
  standalone.stop();
  agent.destroy();
  rmSync(keys, { recursive: true, force: true });
}
