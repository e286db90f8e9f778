import type { z } from 'zod';
import { OUTBOUND_DEFAULTS } from '../outbound/http-client-options.js';
import { addressRanges, choice, flag, integer, list, port, seconds, secret, text, usedWith } from './variables.js';

/** The variables every service has. Spread into a service's own `z.object`. */
export const commonConfig = {
  HOST: text().default('127.0.0.1').describe('Address to listen on; the images set 0.0.0.0'),
  PORT: port().default(8080).describe('Public port'),
  MANAGEMENT_PORT: port().default(9090).describe('Port of metrics and probes, for the cluster only'),
  COMPATIBILITY: choice(['standard', 'ims'])
    .default('standard')
    .describe('`ims`: answers as the 2018 services gave; sets what docs/migrating-from-forgerock.md lists'),
  CONFIG_STRICT: flag()
    .default(false)
    .describe('Refuse to start with a variable that has no effect or is misspelt; else it is only said'),
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severe level that is logged'),
  SHUTDOWN_DRAIN_SECONDS: seconds(0, 20)
    .default(5)
    .describe('How long to keep serving after SIGTERM, not ready, so that balancers notice'),
  MAX_CONNECTIONS: integer(1, 1_000_000).default(10_000).describe('Open connections on the public port'),
  TRUST_TRANSACTION_ID_HEADER: flag()
    .default(false)
    .describe('Take the transaction id from X-ForgeRock-TransactionId; only behind a proxy that sets it'),
  TRUSTED_PROXIES: addressRanges()
    .default([])
    .describe(
      'Addresses (CIDR) of proxies whose X-Forwarded-For says where a request comes from; else its peer counts',
    ),
  ...usedWith(
    { TRUSTED_PROXIES: true },
    {
      CLIENT_CERTIFICATE_HEADER: text()
        .optional()
        .describe(
          "Header in which a trusted proxy hands on the client's TLS certificate, for tokens bound to it: DER (RFC 9440) or escaped PEM (nginx); unset: none is believed",
        ),
    },
  ),
  INFO_ACCOUNT_PASSWORD: secret().optional().describe('Password of `info` at the IMS ping path; unset: 404'),
  METRICS_ACCOUNT_PASSWORD: secret().optional().describe('Password of `metrics` at the IMS metrics path; unset: 404'),
  RELOAD_INTERVAL_SECONDS: seconds(1, 3600).default(5).describe('How often mounted files are looked at for a change'),
  OUTBOUND_PRIVATE_HOSTS: list()
    .default([])
    .describe('Hosts that a URL learned from an answer may name although they are private or not https'),
  OUTBOUND_PROXY: choice(['off', 'environment'])
    .default('off')
    .describe('`environment`: https calls go through the proxy of HTTPS_PROXY; `off`: that variable has no effect'),
  HTTPS_PROXY: secret().optional().describe('URL of the proxy, with its credentials if it asks for any'),
  NO_PROXY: list().default([]).describe('Hosts, domains and address ranges that are reached without the proxy'),
  UPSTREAM_TIMEOUT_MS: integer(1, 60_000)
    .default(OUTBOUND_DEFAULTS.timeoutMs)
    .describe('Deadline of one call to another server, whole exchange'),
  UPSTREAM_MAX_SOCKETS: integer(1, 10_000)
    .default(OUTBOUND_DEFAULTS.maxSockets)
    .describe('Open connections to one other server'),
};

/** What {@link commonConfig} becomes. */
export type CommonConfig = z.output<z.ZodObject<typeof commonConfig>>;

/**
 * What variables become once read, with those of {@link commonConfig} that are named: what composes a part takes
 * this.
 *
 * @example
 * type RedisSettings = Settings<typeof redisConfig, 'RELOAD_INTERVAL_SECONDS'>;
 */
export type Settings<Variables extends z.ZodRawShape, Common extends keyof CommonConfig = never> = z.output<
  z.ZodObject<Variables>
> &
  Pick<CommonConfig, Common>;
