import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { verifyAuditLog } from '@mandate/service-kit';
import { CIBA, basic, exchangeForm, postForm } from './post-form.js';
import { createFolder, IMAGES, startStandalone } from './worlds.js';

const DESK = basic('desk', 'secret');

describe('the decision log of a process with several services', () => {
  it('is whole, with a chain for each service that writes', async () => {
    const folder = createFolder();
    const file = join(folder.path, 'decisions.log');
    const clients = [
      { clientId: 'desk', clientSecret: 'secret', scopes: ['read', 'exchange'] },
      { clientId: 'asking', clientSecret: 'secret', scopes: ['read'], grantTypes: [CIBA] },
    ];
    const env = { AUDIT_SINK: 'file', AUDIT_FILE: file, CIBA_CHANNEL: 'development', CIBA_MAX_OPEN_REQUESTS: '6' };
    const world = await startStandalone(env, { clients });
    const exchange = exchangeForm({ subject: 'no token' }, { resource: `${IMAGES}/photos` });
    const question = { scope: 'openid', login_hint: 'alice' };
    const decide = async () => {
      expect((await postForm(`${world.tokenExchange}/oauth2/token`, exchange, DESK)).status).toBe(400);
      const authorization = basic('asking', 'secret');
      expect((await postForm(`${world.authentication}/oauth2/bc-authorize`, question, authorization)).status).toBe(200);
    };
    await Promise.all([decide(), decide(), decide()]);
    await world.stop();

    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const verdict = await verifyAuditLog(lines);
    expect(verdict).toMatchObject({ ok: true, warnings: [] });
    // three events and the closing one of each
    const chain = { events: 4, closed: true };
    expect(verdict.writers).toMatchObject([chain, chain]);
  });
});
