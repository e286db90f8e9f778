import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-ports.js';
import type { Environment, RealPart, RealPartWay } from './start-real-part.js';
import { type ToolServer, findTool, startToolServer } from './tool-server.js';

/** A server of MongoDB's protocol, with TLS. */
export interface MongodbServer extends ToolServer {
  port: number;
  /** The certificate that signs the server's, PEM. */
  caFile: string;
  /** At a port that leads to it, with an account of its administrator. */
  urlAt(port: number, password?: string): string;
}

const PASSWORD = 'admin-secret';

/** Where `../shared/tools/mongo/up.sh` puts what it builds. */
const BUILT = 'ferretdb-v1.24.2';

const builtTool: RealPartWay = {
  name: '../shared/tools/mongo with what it builds once, a minute with Go',
  start(env) {
    const program = env['MONGO_BIN'] ?? join(env['GOPATH'] ?? join(homedir(), 'go'), 'bin', BUILT);
    return Promise.resolve(existsSync(program) ? findTool('mongo', env) : undefined);
  },
};

/** FerretDB and the tool that runs it; the address is the folder of the tool. */
export const mongodbServer: RealPart = {
  name: 'FerretDB',
  addressVariable: 'TEST_MONGODB_TOOL',
  ways: [builtTool],
  advice: 'Run ../shared/tools/mongo/up.sh and down.sh once, and set TEST_TOOLS where ../shared/tools is not.',
};

/** Starts a FerretDB that no other test uses. */
export async function startMongodbServer(tool: string, env: Environment): Promise<MongodbServer> {
  const port = await freePort();
  const variables = { MONGO_PORT: String(port), MONGO_TLS: '1', MONGO_USER: 'admin', MONGO_PASSWORD: PASSWORD };
  const server = await startToolServer({ tool, env: { ...env, ...variables } });
  return {
    ...server,
    port,
    caFile: join(server.directory, 'tls', 'ca.crt'),
    urlAt: (to, password = PASSWORD) => `mongodb://admin:${password}@127.0.0.1:${to}/?tls=true`,
  };
}
