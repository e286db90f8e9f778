import { isIP, connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { withDeadline } from '@mandate/ports';
import type { Client, ClientOptions } from 'ldapts';
import { ldapTimeout, resultCode } from './ldap-failure.js';

/** Who asks the directory. */
export interface LdapAccount {
  dn: string;
  password: string;
}

export interface LdapSessionOptions {
  /** `ldap://` or `ldaps://`, tried in this order; the one that answered last comes first. */
  urls: readonly string[];
  /** Before anything else is sent, an `ldap://` connection is switched to TLS (RFC 4511 section 4.14). */
  startTls: boolean;
  /** Certificates (PEM) that sign the server's, instead of those of the system; asked with every connection. */
  authorities?: (() => string) | undefined;
  /** Deadline of opening one, milliseconds. */
  timeoutMs: number;
}

/** A connection that is bound, until it is lost: its client would then reconnect on its own, not bound and in plain text. */
export interface LdapSession {
  client: Client;
  isOpen(): boolean;
}

/** How the directory refuses a secret: inappropriateAuthentication of an entry without one, invalidCredentials a wrong one. */
const NO: ReadonlySet<number | undefined> = new Set([48, 49]);

/** Whether the directory refused the account, rather than not being there. */
export function isRefusedAccount(error: unknown): boolean {
  return NO.has(resultCode(error));
}

/** What opens sessions, at the first server that answers, even if it refuses; without an account they are anonymous. */
export async function createLdapSessions(
  options: LdapSessionOptions,
): Promise<(account: LdapAccount | undefined) => Promise<LdapSession>> {
  const { urls } = options;
  const { Client: LdapClient } = await import('ldapts');
  let firstPlace = 0;
  return async (account) => {
    let failure: unknown;
    for (let index = 0; index < urls.length; index += 1) {
      const place = (firstPlace + index) % urls.length;
      try {
        const session = await openSession(LdapClient, { ...options, url: urls[place] ?? '', account });
        firstPlace = place;
        return session;
      } catch (error) {
        if (isRefusedAccount(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  };
}

/** Ends a session; whoever waits for an answer over it gets none. */
export function endSession(client: Client): void {
  void client.unbind().catch(() => undefined);
}

interface OneSession extends LdapSessionOptions {
  url: string;
  account: LdapAccount | undefined;
}

async function openSession(LdapClient: typeof Client, options: OneSession): Promise<LdapSession> {
  const { url, account, startTls, timeoutMs } = options;
  const overTls = url.startsWith('ldaps:');
  const tls = tlsOptions(options);
  let isLost = false;
  const sockets = watchedSockets(() => (isLost = true));
  const client = new LdapClient({ url, connectTimeout: timeoutMs, ...sockets, ...(overTls && { tlsOptions: tls }) });
  const establish = async (): Promise<void> => {
    if (startTls && !overTls) await client.startTLS(tls);
    await client.bind(account?.dn ?? '', account?.password ?? '');
  };
  try {
    await withDeadline(establish(), timeoutMs, ldapTimeout);
  } catch (error) {
    endSession(client);
    throw error;
  }
  return { client, isOpen: () => !isLost && client.isBound };
}

/** The driver does not notice the loss of a connection that StartTLS has turned into TLS. */
function watchedSockets(onLost: () => void): Pick<ClientOptions, 'createConnection' | 'createSecureConnection'> {
  const watch = <Connection extends Socket>(socket: Connection): Connection => {
    socket.once('close', onLost);
    return socket;
  };
  return {
    createConnection: ((...options: Parameters<typeof connectPlain>) =>
      watch(connectPlain(...options))) as typeof connectPlain,
    createSecureConnection: ((...options: Parameters<typeof connectTls>) =>
      watch(connectTls(...options))) as typeof connectTls,
  };
}

/** Whose certificate is expected: a name is sent as well, which an address cannot be (RFC 6066 section 3). */
function tlsOptions({ url, authorities }: OneSession) {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return { host, ...(isIP(host) === 0 && { servername: host }), ...(authorities && { ca: authorities() }) };
}
