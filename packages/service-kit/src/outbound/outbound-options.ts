import { ConfigError } from '@mandate/ports';
import type { CommonConfig } from '../config/common-config.js';
import type { HttpClientOptions } from './http-client-options.js';
import type { OutboundProxy } from './proxy-tunnel.js';

/** The variables of calls to other servers. */
export type OutboundSettings = Pick<
  CommonConfig,
  | 'UPSTREAM_TIMEOUT_MS'
  | 'UPSTREAM_MAX_SOCKETS'
  | 'OUTBOUND_PRIVATE_HOSTS'
  | 'OUTBOUND_PROXY'
  | 'HTTPS_PROXY'
  | 'NO_PROXY'
>;

/** What every client of ours is made with. @throws ConfigError when a proxy is wanted and none is named. */
export function outboundOptions(config: OutboundSettings): HttpClientOptions & { timeoutMs: number } {
  return {
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
    maxSockets: config.UPSTREAM_MAX_SOCKETS,
    privateHosts: config.OUTBOUND_PRIVATE_HOSTS,
    ...(config.OUTBOUND_PROXY === 'environment' && { proxy: proxyOf(config) }),
  };
}

function proxyOf({
  HTTPS_PROXY: url,
  NO_PROXY: exceptions,
  UPSTREAM_TIMEOUT_MS: timeoutMs,
}: OutboundSettings): OutboundProxy {
  if (url !== undefined && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    return { url: new URL(url), exceptions, timeoutMs };
  }
  const message = 'must be the http or https URL of a proxy, for OUTBOUND_PROXY=environment';
  throw new ConfigError([{ variable: 'HTTPS_PROXY', message }]);
}
