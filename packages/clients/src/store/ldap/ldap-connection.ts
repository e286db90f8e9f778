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
  const shared = shareSession(() => open(account), timeoutMs);
  return {
    async run(work) {
      let used: LdapSession | undefined;
      const attempt = async () => {
        // Nothing may happen between the question whether it is open and the work: the driver would reconnect.
        used = await shared.session();
        return work(used.client);
      };
      try {
        return await withDeadline(attempt(), timeoutMs, ldapTimeout);
      } catch (error) {
        if (used !== undefined && resultCode(error) === undefined) shared.drop(used);
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
    close: () => shared.close(),
  };
}

/** One session for all who ask, opened by whoever comes first. */
function shareSession(open: () => Promise<LdapSession>, timeoutMs: number) {
  let shared: Promise<LdapSession> | undefined;
  const forget = (opening: Promise<LdapSession>): void => {
    if (shared === opening) shared = undefined;
  };
  async function use(opening: Promise<LdapSession>): Promise<LdapSession | undefined> {
    try {
      const opened = await opening;
      if (opened.isOpen()) return opened;
    } catch (error) {
      forget(opening);
      throw error;
    }
    forget(opening);
    return undefined;
  }
  return {
    async session(): Promise<LdapSession> {
      const earlier = shared === undefined ? undefined : await use(shared);
      const opened = earlier ?? (await use((shared ??= open())));
      if (opened === undefined) throw new Error('the connection was lost at once');
      return opened;
    },
    /** Others may still wait for answers over it: it ends when their time is over. */
    drop(dropped: LdapSession): void {
      const current = shared;
      void current?.then((opened) => (opened === dropped ? forget(current) : undefined)).catch(() => undefined);
      setTimeout(() => endSession(dropped.client), timeoutMs).unref();
    },
    close(): void {
      void shared?.then(({ client }) => endSession(client)).catch(() => undefined);
    },
  };
}
