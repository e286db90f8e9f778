import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../free-ports.js';
import { findProgram } from './find-program.js';
import type { Environment, RealPart, RealPartWay } from './start-real-part.js';
import { type ToolServer, findTool, startToolServer } from './tool-server.js';

/** A slapd with the schema of this repository and the entries of `../shared/tools/ldap`. */
export interface LdapServer extends ToolServer {
  port: number;
  tlsPort: number;
  /** The certificate that signs the server's, PEM. */
  caFile: string;
}

const SCHEMA = join(import.meta.dirname, '../../../../config/client-stores/oauth-client.ldif');

/** What {@link ldapServer} has: who may do what, and the base of clients. */
export const LDAP_TEST = {
  baseDn: 'ou=clients,dc=example,dc=test',
  /** Reads clients, and no userPassword. */
  reader: { dn: 'cn=idp,ou=services,dc=example,dc=test', password: 'idp-secret' },
  admin: { dn: 'cn=admin,dc=example,dc=test', password: 'admin-secret' },
  /** The password of `svc-stock` and `svc-a`, by bind. */
  clientPassword: 'client-secret',
} as const;

const toolWithSlapd: RealPartWay = {
  name: '../shared/tools/ldap with slapd on PATH',
  async start(env) {
    const slapd = await findProgram('slapd', { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin` });
    return slapd === undefined ? undefined : findTool('ldap', env);
  },
};

/** Where slapd is, and the tool that runs it; the address is the folder of the tool. */
export const ldapServer: RealPart = {
  name: 'slapd',
  addressVariable: 'TEST_LDAP_TOOL',
  ways: [toolWithSlapd],
  advice: 'Install it (apt-get install slapd ldap-utils), and set TEST_TOOLS where ../shared/tools is not.',
};

/** Starts a slapd that no other test uses. */
export async function startLdapServer(tool: string, env: Environment): Promise<LdapServer> {
  const [port = 0, tlsPort = 0] = await freePorts(2);
  const directory = await mkdtemp(join(tmpdir(), 'mandate-ldap-'));
  const own = join(directory, 'tool');
  await cp(tool, own, { recursive: true });
  await cp(SCHEMA, join(own, 'oauth-client.ldif'));
  const ports = { LDAP_PORT: String(port), LDAPS_PORT: String(tlsPort) };
  const server = await startToolServer({ tool: own, directory, env: { ...env, ...ports } });
  return { ...server, port, tlsPort, caFile: join(directory, 'tls', 'ca.crt') };
}
