import { expect, it } from '@jest/globals';
import { opaProgram, startOpaProcess, startRealPart, testDirectory } from '@mandate/testing';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { anyDeployment, keyedText, kubernetesObject } from './kubernetes-objects.js';
import { describeRendered, renderOverlay } from './rendered-overlay.js';

const root = resolve(import.meta.dirname, '../..');
const program = await startRealPart(opaProgram, process.env);

const probe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.string() }) });
const sidecar = z.looseObject({
  image: z.string(),
  restartPolicy: z.literal('Always'),
  args: z.array(z.string()),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: z.undefined().optional(),
  securityContext: z.unknown(),
  volumeMounts: z.tuple([z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.literal(true) })]),
});

async function renderParts() {
  const { objects } = await renderOverlay('opa');
  const find = (kind: string, name: string) =>
    kubernetesObject.parse(objects.find((object) => object.kind === kind && object.metadata.name === name));
  const { initContainers, containers, volumes } = anyDeployment.parse(find('Deployment', 'token-exchange')).spec
    .template.spec;
  const opa = z.tuple([sidecar]).parse(initContainers)[0];
  const env = z.array(z.object({ name: z.string(), value: z.string() })).parse(containers[0]['env']);
  const files = keyedText.parse(find('ConfigMap', 'policy')).data;
  return { opa, volumes, files, env: Object.fromEntries(env.map(({ name, value }) => [name, value])) };
}

describeRendered('OPA of overlay opa', () => {
  it('is restricted, of a fixed version, and asks for no more than its policy', async () => {
    const { opa, volumes } = await renderParts();
    expect(opa.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(opa.image).toMatch(/:\d+\.\d+\.\d+-static$/);
    expect(opa['env']).toBeUndefined();
    const volume = volumes.find(({ name }) => name === opa.volumeMounts[0].name);
    expect(volume?.configMap).toEqual({ name: 'policy' });
  });

  it('decides for its own pod alone, and the service asks it there', async () => {
    const { opa, env } = await renderParts();
    expect(opa.args).toContain('--addr=127.0.0.1:8181');
    expect(env).toMatchObject({ TOKEN_EXCHANGE_POLICIES: 'opa' });
    expect(new URL(env['EXCHANGE_POLICY_OPA_URL'] ?? '').origin).toBe('http://127.0.0.1:8181');
  });

  it('is probed by its diagnostic address; being down it never makes the pod unready', async () => {
    const { opa } = await renderParts();
    const probes = [opa.startupProbe, opa.livenessProbe].map(({ httpGet }) => httpGet);
    expect(probes).toEqual(Array(2).fill({ path: '/health', port: 'opa-health' }));
    expect(opa.args).toContain('--diagnostic-addr=0.0.0.0:8282');
    expect(opa['ports']).toEqual([{ name: 'opa-health', containerPort: 8282 }]);
  });

  it('has the Rego of policies/opa, and the policy of the overlay json', async () => {
    const { files } = await renderParts();
    expect(files).toEqual({
      'exchange.rego': await readFile(join(root, 'policies/opa/exchange.rego'), 'utf8'),
      'policy.json': await readFile(join(root, 'k8s/overlays/json/policy.json'), 'utf8'),
    });
  });
});

describeRendered('OPA', () => {
  const runs = program === undefined ? it.skip : it;
  runs('really starts with the arguments and files of overlay opa, and decides', async () => {
    const { opa, files, env } = await renderParts();
    const directory = testDirectory();
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const own = opa.args.filter((arg) => !/^(run|--server|--addr=.*|--diagnostic-addr=.*)$/.test(arg));
    const args = own.map((arg) => arg.replace('/policy/', `${directory}/`));
    const server = await startOpaProcess(program?.address ?? '', { args });
    const { pathname } = new URL(env['EXCHANGE_POLICY_OPA_URL'] ?? '');
    const input = { resources: ['http://images.example.com:*/*'], audiences: [], client: {}, subject: {} };
    const answer = await fetch(server.origin + pathname, { method: 'POST', body: JSON.stringify({ input }) });
    expect(await answer.json()).toMatchObject({ result: [{ audience: 'https://images.example.com' }] });
    await server.stop();
  });
});
