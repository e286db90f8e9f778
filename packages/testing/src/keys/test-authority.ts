import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate authority made for one test run; everything is a file (PEM) in its directory. */
export interface TestAuthority {
  caFile: string;
  /** A certificate for a server under this IP address or host name, and no other. */
  issue(name: string, host: string): Promise<{ certificateFile: string; keyFile: string }>;
}

/** Makes an authority called `name` with the `openssl` of this machine. Its keys are P-256 and live for two days. */
export async function createTestAuthority(directory: string, name: string): Promise<TestAuthority> {
  const file = (of: string, kind: string): string => join(directory, `${of}.${kind}`);
  const newKey = (of: string): string[] => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file(of, 'key')];
    return ['req', ...curve, '-subj', `/CN=${of}`];
  };
  const caFile = file(name, 'pem');
  await run('openssl', [...newKey(name), '-x509', '-days', '2', '-out', caFile]);
  return {
    caFile,
    async issue(server, host) {
      const [certificateFile, request, extensions] = [file(server, 'pem'), file(server, 'csr'), file(server, 'ext')];
      await writeFile(extensions, `subjectAltName=${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}\n`);
      await run('openssl', [...newKey(server), '-out', request]);
      const authority = ['-CA', caFile, '-CAkey', file(name, 'key'), '-CAcreateserial', '-extfile', extensions];
      await run('openssl', ['x509', '-req', '-in', request, ...authority, '-days', '2', '-out', certificateFile]);
      return { certificateFile, keyFile: file(server, 'key') };
    },
  };
}
