import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  createTestAuthority,
  opaProgram,
  startOpaProcess,
  startRealPart,
  testDirectory,
  until,
} from '@mandate/testing';
import { closeAfterTests } from '../after-tests.js';
import { IMAGES, startExchangeWorld } from '../http/exchange-world.js';

const program = await startRealPart(opaProgram, process.env);
const directory = testDirectory();

(program === undefined ? describe.skip : describe)('a real OPA over TLS', () => {
  it('is believed by EXCHANGE_POLICY_OPA_CA_FILE, from the moment the file names its authority', async () => {
    const [former, current] = await Promise.all(
      ['former', 'current'].map((name) => createTestAuthority(directory, name)),
    );
    const { certificateFile, keyFile } = (await current?.issue('opa', '127.0.0.1')) ?? {};
    const rego = join(directory, 'match.rego');
    writeFileSync(rego, `package exchange\n\nmatch := [{"audience": "${IMAGES}", "scopes": ["read"]}]\n`);
    const tls = [`--tls-cert-file=${certificateFile}`, `--tls-private-key-file=${keyFile}`];
    const opa = closeAfterTests(await startOpaProcess(program?.address ?? '', { args: [...tls, rego] }));
    const caFile = join(directory, 'trusted.pem');
    copyFileSync(former?.caFile ?? '', caFile);
    const world = await startExchangeWorld([], {
      TOKEN_EXCHANGE_POLICIES: 'opa',
      EXCHANGE_POLICY_OPA_URL: `https://127.0.0.1:${opa.port}/v1/data/exchange/match`,
      EXCHANGE_POLICY_OPA_CA_FILE: caFile,
    });
    expect((await world.exchange()).status).toBe(503);
    copyFileSync(current?.caFile ?? '', caFile);
    await until(async () => (await world.exchange()).status === 200);
  });
});
