import { readFileSync } from 'node:fs';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createTestKey, FIRST_CERTIFICATE, freePorts, SECOND_CERTIFICATE, type TestKey } from '@mandate/testing';
import { compose } from '../../../services/standalone/src/compose.js';
import { standaloneConfig } from '../../../services/standalone/src/config.js';
import { createFolder } from '../../end-to-end/worlds.js';

/** The blocks of docs/fapi-ciba.md that a tester uses: how the service is started, its clients, and the plan. */
const document = readFileSync(new URL('../../../docs/fapi-ciba.md', import.meta.url), 'utf8');
const [start = ''] = blocksOf('sh');
const [clientRecords = '[]', planConfig = '{}'] = blocksOf('json');

/** What the suite has of the configuration that is pasted. */
interface PlanConfig {
  server: { discoveryUrl: string };
  client: Registration & { hint_type: string; hint_value: string };
  client2: Registration;
  resource: { resourceUrl: string };
  automated_ciba_approval_url: string;
}

interface Registration {
  client_id: string;
  scope: string;
}

/** One of the two clients of the plan, as the suite plays it. */
export interface PlanClient {
  suite: Suite;
  id: string;
  scope: string;
  key: TestKey;
  /** Shown in TLS, DER in base64; `undefined`: none is. */
  certificate: string | undefined;
}

export interface PlanAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface Sent {
  method?: 'GET' | 'POST';
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Of the client; absent: it shows none. */
  certificate?: string | undefined;
}

/** The suite in front of the service. */
export interface Suite {
  config: PlanConfig;
  /** Epoch seconds. */
  clock: () => number;
  /** Nobody waits in earnest: the clock of both sides goes on. */
  wait: (seconds: number) => void;
  /** Calls a URL of the service through its TLS proxy. */
  send: (url: string, request?: Sent) => Promise<PlanAnswer>;
}

/** The suite with what its modules need. */
export interface Plan extends Suite {
  first: PlanClient;
  second: PlanClient;
  stop: () => Promise<void>;
}

/** Starts the service as docs/fapi-ciba.md says, and the suite with its plan. `variables` are further ones. */
export async function startPlan(variables: Record<string, string> = {}): Promise<Plan> {
  const folder = createFolder();
  const [port = 0] = await freePorts(1);
  const keys = [createTestKey('PS256'), createTestKey('PS256')] as const;
  const records = (JSON.parse(clientRecords) as object[]).map((record, index) => {
    return { ...record, jwks: { keys: [keys[index]?.publicJwk] } };
  });
  const env = {
    ...Object.fromEntries([...start.matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])),
    PORT: String(port),
    TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [createTestKey('ES256').privateJwk] }),
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', records),
    DEVELOPMENT_KEYS_DIRECTORY: folder.path,
    ...variables,
  };
  let ahead = 0;
  const clock = (): number => Math.floor(Date.now() / 1000) + ahead;
  const server = await startOnLoopback((runtime) => compose(readConfig(standaloneConfig, { env }), runtime), {
    env,
    clock,
  });
  const config = JSON.parse(planConfig) as PlanConfig;
  const suite: Suite = {
    config,
    clock,
    wait: (seconds) => void (ahead += seconds),
    send: (url, request) => sendThroughProxy(`http://127.0.0.1:${port}`, url, request),
  };
  const clientOf = ({ client_id: id, scope }: Registration, key: TestKey, certificate: string): PlanClient => {
    return { suite, id, scope, key, certificate };
  };
  return {
    ...suite,
    first: clientOf(config.client, keys[0], FIRST_CERTIFICATE),
    second: clientOf(config.client2, keys[1], SECOND_CERTIFICATE),
    stop: () => server.stop(),
  };
}

/** As the proxy does: it ends TLS, and says whose certificate it saw, whatever the client says itself. */
async function sendThroughProxy(origin: string, url: string, planRequest: Sent = {}): Promise<PlanAnswer> {
  const { protocol, pathname, search } = new URL(url);
  if (protocol !== 'https:') throw new Error(`the suite calls nothing but https: ${url}`);
  const { method = planRequest.form === undefined ? 'GET' : 'POST', form, headers = {}, certificate } = planRequest;
  const response = await fetch(origin + pathname + search, {
    method,
    headers: { ...headers, ...(certificate !== undefined && { 'Client-Cert': `:${certificate}:` }) },
    ...(form !== undefined && { body: new URLSearchParams(form) }),
  });
  const text = await response.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, headers: response.headers, body };
}

function blocksOf(language: string): string[] {
  const blockPattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...document.matchAll(blockPattern)].map(([, block = '']) => block);
}
