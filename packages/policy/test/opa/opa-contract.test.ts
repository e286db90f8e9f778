import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createOpaPolicy } from '@mandate/policy';
import { createHttpClient } from '@mandate/service-kit';
import {
  describePolicyBackendContract,
  opaProgram,
  opaServer,
  putOpaModule,
  startOpaProcess,
  startRealPart,
  testDirectory,
} from '@mandate/testing';
import { contractPolicy } from '../contract-policy.js';
import { CONTRACT_REGO_0, CONTRACT_REGO_1 } from './contract-rego.js';

const run = promisify(execFile);
const library = resolve(import.meta.dirname, '../../../../policies/opa');

const http = createHttpClient({ timeoutMs: 5000 });
const server = await startRealPart(opaServer, process.env);
const program = await startRealPart(opaProgram, process.env);
afterAll(async () => {
  http.close();
  await server?.stop();
});

const backendAt = (url: string) => createOpaPolicy({ http, url, timeoutMs: 5000 });

if (server === undefined) {
  it.skip('the policy backend contract over a running OPA', () => undefined);
} else {
  describePolicyBackendContract('opa, /v1/data, Rego 1', async () => {
    await putOpaModule(server.address, 'contract.rego', CONTRACT_REGO_1);
    return { backend: backendAt(`${server.address}/v1/data/contract/exchange/match`) };
  });
}

if (program === undefined) {
  it.skip('the policy backend contract over an OPA of its own', () => undefined);
} else {
  describePolicyBackendContract('opa, /v0/data, Rego 0 as IMS deployments have it', async () => {
    const opa = await startOpaProcess(program.address, { args: ['--v0-compatible'] });
    await putOpaModule(opa.origin, 'contract.rego', CONTRACT_REGO_0);
    const backend = backendAt(`${opa.origin}/v0/data/forgerock/exchange/match`);
    return { backend, close: () => opa.stop() };
  });

  describePolicyBackendContract('opa, policies/opa over a JSON policy file', async () => {
    const file = join(testDirectory(), 'policy.json');
    await writeFile(file, JSON.stringify(contractPolicy));
    const args = [join(library, 'exchange.rego'), `mandate.policy:${file}`];
    const opa = await startOpaProcess(program.address, { args });
    return { backend: backendAt(`${opa.origin}/v1/data/mandate/exchange/match`), close: () => opa.stop() };
  });

  describe('policies/opa', () => {
    it('passes its own tests, and none is skipped', async () => {
      const { stdout } = await run(program.address, ['test', library, '--format=json']);
      const results = JSON.parse(stdout) as { fail?: boolean; skip?: boolean }[];
      expect(results.length).toBeGreaterThan(10);
      expect(results.filter(({ fail, skip }) => fail === true || skip === true)).toEqual([]);
    });

    it('is strict, formatted Rego that both modes of OPA load', async () => {
      await run(program.address, ['check', '--strict', library]);
      await run(program.address, ['check', '--v0-compatible', library]);
      expect((await run(program.address, ['fmt', '--list', library])).stdout).toBe('');
    });
  });
}
