import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UpstreamError } from '@mandate/ports';
import { createOpaPolicy } from '@mandate/policy';
import { createHttpClient } from '@mandate/service-kit';
import {
  type OpaProcess,
  type OpaProcessOptions,
  createTestAuthority,
  opaProgram,
  policyContext,
  policyQuestion,
  putOpaModule,
  startOpaProcess,
  startRealPart,
  testDirectory,
  type TestAuthority,
} from '@mandate/testing';

const DECISION = '/v1/data/exchange/match';
const REGO = 'package exchange\n\nmatch := [{"audience": "printer", "scopes": ["read"]}]\n';
const question = policyQuestion({ audiences: ['printer'] });

const realOpa = await startRealPart(opaProgram, process.env);
const program = realOpa?.address ?? '';
const directory = testDirectory();
/** On a busy machine long enough for every answer. */
const PATIENT_MS = 20_000;
const http = createHttpClient({ timeoutMs: PATIENT_MS });
const processes: OpaProcess[] = [];
const start = async (options?: OpaProcessOptions): Promise<OpaProcess> => {
  const opa = await startOpaProcess(program, options);
  processes.push(opa);
  return opa;
};
const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const outcomeOf = (backend: ReturnType<typeof createOpaPolicy>) =>
  backend.decide(question, policyContext()).then(
    ({ outcome }) => outcome,
    (error: unknown) => (error instanceof UpstreamError ? error.failure : error),
  );

afterAll(async () => {
  http.close();
  await Promise.all(processes.map((opa) => opa.stop()));
});

(realOpa === undefined ? describe.skip : describe)('a real OPA', () => {
  it('returns the whole rules that apply, as the policies of the 2018 services do (IMS)', async () => {
    const rules = [
      {
        patterns: ['^https?://one/.*'],
        audience: 'one',
        scopes: ['read'],
        expirationSeconds: 0,
        allowedActors: ['bob'],
      },
      { patterns: ['^https?://two/.*'], audience: 'two', scopes: ['read'], configOverridePath: '' },
    ];
    const data = write('rules.json', JSON.stringify({ resources: rules }));
    const rego = write(
      'rules.rego',
      `package forgerock.exchange

import rego.v1

match contains rule if {
	some rule in data.resources
	regex.match(rule.patterns[_], input.resources[_])
}

match contains rule if {
	some rule in data.resources
	rule.audience in input.audiences
}
`,
    );
    const opa = await start({ args: [data, rego] });
    const url = `${opa.origin}/v0/data/forgerock/exchange/match`;
    const decideAs = (syntax: 'strict' | 'ims') =>
      createOpaPolicy({ http, url, timeoutMs: PATIENT_MS, syntax }).decide(
        policyQuestion({ resources: ['http://one/x'], audiences: ['two'] }),
        policyContext(),
      );
    expect(await decideAs('ims')).toMatchObject({
      outcome: 'permit',
      grants: [
        { audience: 'one', scopes: ['read'], allowedActors: ['bob'] },
        { audience: 'two', scopes: ['read'] },
      ],
    });
    await expect(decideAs('strict')).rejects.toMatchObject({ failure: 'malformed' });
  });

  it('says by the labels of its policy which one decided', async () => {
    const labels = 'opa.runtime().config.labels';
    const rego = write('labels.rego', `package exchange\n\nmatch := {"allow": true, "labels": ${labels}}\n`);
    const opa = await start({ args: ['--set', 'labels.region=west', rego] });
    const backend = createOpaPolicy({ http, url: opa.origin + DECISION, timeoutMs: PATIENT_MS });
    const decision = await backend.decide(question, policyContext());
    expect(decision).toMatchObject({ outcome: 'permit', labels: { region: 'west' } });
  });

  it('PB-38 changes its policy while requests run: none fails, none sees half of it', async () => {
    // As a ConfigMap does it: the files behind a link that is swapped.
    const version = (name: string, scope: string): void => {
      mkdirSync(join(directory, name));
      write(
        join(name, 'match.rego'),
        `package exchange\n\nmatch := [{"audience": "printer", "scopes": ["${scope}"]}]\n`,
      );
    };
    version('one', 'read');
    version('two', 'write');
    mkdirSync(join(directory, 'mounted'));
    symlinkSync('../one', join(directory, 'mounted/..data'));
    symlinkSync('..data/match.rego', join(directory, 'mounted/match.rego'));
    const opa = await start({ args: ['--watch', join(directory, 'mounted/match.rego')] });
    const backend = createOpaPolicy({ http, url: opa.origin + DECISION, timeoutMs: PATIENT_MS });
    const outcomes = new Set<string>();
    for (let attempts = 0; !outcomes.has('write'); attempts += 1) {
      if (attempts === 20) {
        symlinkSync('../two', join(directory, 'mounted/..data_tmp'));
        renameSync(join(directory, 'mounted/..data_tmp'), join(directory, 'mounted/..data'));
      }
      const decisions = await Promise.all(Array.from({ length: 8 }, () => backend.decide(question, policyContext())));
      for (const decision of decisions) {
        outcomes.add(decision.outcome === 'permit' ? (decision.grants[0]?.scopes ?? []).join(' ') : decision.outcome);
      }
    }
    expect([...outcomes]).toEqual(['read', 'write']);
  });

  it('PB-29 goes away and comes back: failures, then what it holds decides', async () => {
    const first = await start();
    await putOpaModule(first.origin, 'exchange', REGO);
    const backendWithin = (timeoutMs: number) => createOpaPolicy({ http, url: first.origin + DECISION, timeoutMs });
    const backend = backendWithin(PATIENT_MS);
    expect(await outcomeOf(backend)).toBe('permit');
    await first.stop();
    for (let time = 0; time < 5; time += 1) expect(await outcomeOf(backend)).toBe('unreachable');

    const second = await start({ port: first.port });
    // Without its policy again: nothing it does not hold is permitted.
    expect(await outcomeOf(backend)).toBe('deny');
    await putOpaModule(second.origin, 'exchange', REGO);
    expect(await outcomeOf(backend)).toBe('permit');

    await second.pause();
    expect(await outcomeOf(backendWithin(500))).toBe('timeout');
    second.signal('SIGCONT');
    expect(await outcomeOf(backend)).toBe('permit');
  });

  it('is asked with its bearer token, and with the new one after a rotation', async () => {
    const authorization = write(
      'authz.rego',
      'package system.authz\n\nallow if input.identity == "current"\n\nallow if input.path == ["health"]\n',
    );
    const args = ['--authentication=token', '--authorization=basic', authorization, write('exchange.rego', REGO)];
    const opa = await start({ args });
    let token: string | undefined;
    const backend = createOpaPolicy({ http, url: opa.origin + DECISION, timeoutMs: PATIENT_MS, token: () => token });
    expect(await outcomeOf(backend)).toBe('status');
    token = 'former';
    expect(await outcomeOf(backend)).toBe('status');
    token = 'current';
    expect(await outcomeOf(backend)).toBe('permit');
  });

  it('is reached over a Unix socket', async () => {
    const socket = join(directory, 'opa.sock');
    const opa = await start({ address: `unix://${socket}`, args: [write('exchange.rego', REGO)] });
    const url = `http+unix://${encodeURIComponent(socket)}${DECISION}`;
    const backend = createOpaPolicy({ http, url, timeoutMs: PATIENT_MS });
    expect(await outcomeOf(backend)).toBe('permit');
    await expect(backend.check?.()).resolves.toBeUndefined();
    await opa.stop();
    expect(await outcomeOf(backend)).toBe('unreachable');
  });

  describe('over TLS', () => {
    let authority: TestAuthority;
    const serve = async (name: string, address: string): Promise<string> => {
      const { certificateFile, keyFile } = await authority.issue(name, address);
      const tls = [`--tls-cert-file=${certificateFile}`, `--tls-private-key-file=${keyFile}`];
      const { port } = await start({ args: [...tls, write('exchange.rego', REGO)] });
      return `https://127.0.0.1:${port}${DECISION}`;
    };
    const connect = () => createHttpClient({ ca: readFileSync(authority.caFile, 'utf8'), timeoutMs: PATIENT_MS });

    beforeAll(async () => {
      authority = await createTestAuthority(directory, 'test-ca');
    });

    it('is believed with the CA that signed its certificate, and not without', async () => {
      const url = await serve('good', '127.0.0.1');
      const client = connect();
      expect(await outcomeOf(createOpaPolicy({ http: client, url, timeoutMs: PATIENT_MS }))).toBe('permit');
      expect(await outcomeOf(createOpaPolicy({ http, url, timeoutMs: PATIENT_MS }))).toBe('unreachable');
      client.close();
    });

    it('PB-27 is not believed with the certificate of another host', async () => {
      const url = await serve('elsewhere', '127.0.0.2');
      const client = connect();
      expect(await outcomeOf(createOpaPolicy({ http: client, url, timeoutMs: PATIENT_MS }))).toBe('unreachable');
      client.close();
    });
  });
});
