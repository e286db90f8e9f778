import { withDeadline } from '@mandate/ports';
import type { Client } from 'ldapts';
import { ldapFailure, ldapTimeout, resultCode } from './ldap-failure.js';
import {
  type LdapAccount,
  type LdapSession,
  type LdapSessionOptions,
  createLdapSessions,
  endSession,
  isRefusedAccount,
} from './ldap-session.js';

export interface LdapConnectionOptions extends LdapSessionOptions {
  /** The account that looks for clients; absent: anonymous. */
  account?: LdapAccount | undefined;
  /** Deadline of one question, milliseconds. */
  timeoutMs: number;
}

export interface LdapConnection {
  /** Does the work with a client that is connected and bound. @throws UpstreamError */
  run<Answer>(work: (client: Client) => Promise<Answer>): Promise<Answer>;
  /** Whether the directory takes the secret for that of the entry. @throws UpstreamError when it cannot say */
  bindAs(dn: string, secret: string): Promise<boolean>;
  close(): void;
}

/**
 * One connection that all questions share, opened and bound when the first needs it and again when it was lost.
 *
 * A client of the driver is never used after a loss: it would reconnect, not bound, and what only an account may see
 * would be taken for absent. What is no answer of the directory ends the connection.
 */
export async function createLdapConnection(options: LdapConnectionOptions): Promise<LdapConnection> {
  const { account, timeoutMs } = options;
  const open = await createLdapSessions(options);
  const sharing = shareSession(() => open(account), timeoutMs);
  return {
    async run(work) {
      let used: LdapSession | undefined;
      const attempt = async () => {
        // Nothing may come between the check that it is open and the work: the driver would reconnect.
        used = await sharing.session();
        return work(used.client);
      };
      try {
        return await withDeadline(attempt(), timeoutMs, ldapTimeout);
      } catch (error) {
        if (used !== undefined && resultCode(error) === undefined) sharing.drop(used);
        throw ldapFailure(error);
      }
    },
    async bindAs(dn, secret) {
      // An empty one would be no authentication at all, and succeed (RFC 4513 section 5.1.2).
      if (secret === '' || dn === '') return false;
      try {
        const { client } = await open({ dn, password: secret });
        endSession(client);
        return true;
      } catch (error) {
        if (isRefusedAccount(error)) return false;
        throw ldapFailure(error);
      }
    },
    close: () => sharing.close(),
  };
}

/** One session for all who ask, opened by whoever comes first. */
function shareSession(open: () => Promise<LdapSession>, timeoutMs: number) {
  let current: Promise<LdapSession> | undefined;
  const forget = (opening: Promise<LdapSession>): void => {
    if (current === opening) current = undefined;
  };
  async function use(opening: Promise<LdapSession>): Promise<LdapSession | undefined> {
    try {
      const session = await opening;
      if (session.isOpen()) return session;
    } catch (error) {
      forget(opening);
      throw error;
    }
    forget(opening);
    return undefined;
  }
  return {
    async session(): Promise<LdapSession> {
      const earlier = current === undefined ? undefined : await use(current);
      const session = earlier ?? (await use((current ??= open())));
      if (session === undefined) throw new Error('the connection was lost at once');
      return session;
    },
    /** Others may still wait for answers over it: it ends when their time is over. */
    drop(session: LdapSession): void {
      const last = current;
      void last?.then((other) => (other === session ? forget(last) : undefined)).catch(() => undefined);
      setTimeout(() => endSession(session.client), timeoutMs).unref();
    },
    close(): void {
      void current?.then(({ client }) => endSession(client)).catch(() => undefined);
    },
  };
}
