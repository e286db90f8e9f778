import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoopbackService } from '@mandate/service-kit/testing';
import { createTestKey, freePorts, until } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { CIBA, basic, postForm } from './post-form.js';
import { startService } from './start-service.js';
import { createFolder, type Folder } from './worlds.js';

const root = resolve(import.meta.dirname, '../..');
const location = join(root, 'bench/node_modules/oidc-provider/lib/index.js');

function isInstalled(): boolean {
  if (existsSync(location)) return true;
  process.stderr.write('skipped: oidc-provider is missing. Install it: npm run bench:install.\n');
  return false;
}

(isInstalled() ? describe : describe.skip)('a real oidc-provider asks the person', () => {
  let provider: ChildProcess;
  let service: LoopbackService;
  let folder: Folder;
  beforeAll(async () => {
    folder = createFolder();
    const [port = 0] = await freePorts(1);
    const main = ['--import', 'tsx', '--conditions=mandate-source', 'test/end-to-end/oidc-provider.ts'];
    provider = spawn(process.execPath, [...main, pathToFileURL(location).href, String(port)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    provider.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until(() => output.includes('ready'), { deadlineSeconds: 120 });
    service = await startService('authentication', {
      TOKEN_ISSUER: 'https://as.example.com',
      TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [createTestKey('ES256').privateJwk] }),
      CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', [
        { clientId: 'desk', clientSecret: 'secret', scopes: ['read'], grantTypes: [CIBA] },
      ]),
      CIBA_CHANNEL: 'openid',
      CIBA_OPENID_ISSUER: `http://127.0.0.1:${port}`,
      CIBA_OPENID_CLIENT_ID: 'mandate',
      CIBA_OPENID_CLIENT_SECRET: 'secret',
      CIBA_OPENID_SUBJECT_CLAIM: 'preferred_username',
      UPSTREAM_TIMEOUT_MS: '20000',
    });
  }, 150_000);
  afterAll(async () => {
    await service.stop();
    provider.kill();
    await once(provider, 'close');
  });

  const post = (path: string, form: Record<string, string>) =>
    postForm(service.publicUrl + path, form, basic('desk', 'secret'));
  const startQuestion = async (name: string) => {
    const { status, body } = await post('/oauth2/bc-authorize', { scope: 'openid read', login_hint: name });
    expect(status).toBe(200);
    return String(body['auth_req_id']);
  };
  const poll = (authReqId: string) => post('/oauth2/token', { grant_type: CIBA, auth_req_id: authReqId });

  it('who agrees there has agreed here', async () => {
    const authReqId = await startQuestion('alice');
    await until(() => service.logLines.join('').includes('"event":"person_answered"'));
    const { status, body } = await poll(authReqId);
    expect(status).toBe(200);
    const identity = { sub: 'alice', auth_time: expect.any(Number) };
    expect(decodeJwt(String(body['id_token']))).toMatchObject({
      ...identity,
      iss: 'https://as.example.com',
      aud: 'desk',
    });
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ ...identity, scope: 'openid read' });
  });

  it('who refuses there has refused here', async () => {
    const authReqId = await startQuestion('bob');
    await until(async () => (await poll(authReqId)).body['error'] === 'access_denied');
  });

  it('whom it does not know answers as little as who does not answer', async () => {
    const unansweredIds = [await startQuestion('carol'), await startQuestion('nobody')];
    // asked last, and polled for there as often: once his answer is here, theirs have been asked for too
    const refusedId = await startQuestion('bob');
    await until(async () => (await poll(refusedId)).body['error'] === 'access_denied');
    for (const authReqId of unansweredIds) {
      expect((await poll(authReqId)).body['error']).toBe('authorization_pending');
    }
  });
});
