import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-ports.js';
import { findProgram } from './find-program.js';
import { startLocalServer } from './local-server.js';
import type { RealPart, RealPartWay } from './start-real-part.js';

const localApiServer: RealPartWay = {
  name: 'etcd and kube-apiserver on PATH',
  async start(env) {
    const etcd = await findProgram('etcd', env);
    const apiServer = await findProgram('kube-apiserver', env);
    if (etcd === undefined || apiServer === undefined) return undefined;
    const directory = await mkdtemp(join(tmpdir(), 'mandate-kubernetes-'));
    const store = await startEtcd(etcd, directory);
    try {
      const server = await startApiServer({ program: apiServer, directory, etcdUrl: store.url });
      const stop = async (): Promise<void> => {
        await server.stop();
        await store.stop();
        await rm(directory, { recursive: true, force: true });
      };
      return { address: server.kubeconfig, stop };
    } catch (error) {
      await store.stop();
      throw error;
    }
  },
};

/** A Kubernetes API server with its real admission chain and nothing behind it; the address is the path of a kubeconfig. */
export const kubernetesApi: RealPart = {
  name: 'Kubernetes API server',
  addressVariable: 'TEST_KUBECONFIG',
  ways: [localApiServer],
  advice:
    'Set TEST_KUBECONFIG to the kubeconfig of a cluster that may be written to, or put etcd and kube-apiserver on PATH.',
};

async function startEtcd(program: string, directory: string): Promise<{ url: string; stop(): Promise<void> }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const args = [
    '--name=test',
    `--data-dir=${join(directory, 'etcd')}`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=test=${peerUrl}`,
  ];
  const isReady = async (): Promise<boolean> => (await fetch(`${url}/health`)).ok;
  return { url, ...(await startLocalServer({ program, args, isReady })) };
}

interface ApiServerOptions {
  program: string;
  directory: string;
  etcdUrl: string;
}

async function startApiServer(options: ApiServerOptions): Promise<{ kubeconfig: string; stop(): Promise<void> }> {
  const { program, directory } = options;
  const port = await freePort();
  const token = randomBytes(32).toString('base64url');
  const tokens = join(directory, 'tokens.csv');
  const serviceAccountKey = join(directory, 'service-account.key');
  const kubeconfig = join(directory, 'kubeconfig');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  await writeFile(serviceAccountKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(kubeconfig, kubeconfigText(port, token), { mode: 0o600 });
  const args = [
    `--etcd-servers=${options.etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(directory, 'certificates')}`,
    `--token-auth-file=${tokens}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.test',
    `--service-account-key-file=${serviceAccountKey}`,
    `--service-account-signing-key-file=${serviceAccountKey}`,
    '--service-cluster-ip-range=198.19.0.0/20',
  ];
  const server = await startLocalServer({ program, args, isReady: () => isReady(port, token), timeoutSeconds: 90 });
  return { kubeconfig, stop: () => server.stop() };
}

function kubeconfigText(port: number, token: string): string {
  // The certificate is made by the server itself for this one run on loopback.
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}

/** Ready, and the namespace that every later step relies on is there. */
async function isReady(port: number, token: string): Promise<boolean> {
  const answers = await Promise.all([
    status(port, '/readyz', token),
    status(port, '/api/v1/namespaces/default', token),
  ]);
  return answers.every((code) => code === 200);
}

async function status(port: number, path: string, token: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${token}` },
    };
    request(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}
