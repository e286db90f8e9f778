import type { OutboundProxy } from './proxy-tunnel.js';
import type { AddressResolver } from './url-guard.js';

/** Where nobody sets them: what their variables are, too. */
export const OUTBOUND_DEFAULTS = { timeoutMs: 1000, maxSockets: 64 } as const;

export interface HttpClientOptions {
  /** Deadline of a whole exchange in milliseconds, unless the request brings its own. */
  timeoutMs?: number;
  /** Open connections per host. */
  maxSockets?: number;
  /** How long a connection is kept idle, in milliseconds. Default 4000. */
  idleMs?: number;
  /** Hosts a learned URL may name although they are private or plain http (`OUTBOUND_PRIVATE_HOSTS`). */
  privateHosts?: readonly string[];
  /** Resolves names for learned URLs; default: the system's resolver. */
  resolve?: AddressResolver;
  /** What https calls go through, instead of directly. */
  proxy?: OutboundProxy;
  /** Extra certificate authorities, PEM. */
  ca?: string;
}
