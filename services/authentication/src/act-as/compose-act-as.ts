import { actAsConfig, type ComposedPart } from '@mandate/composition';
import {
  createUpstream,
  type OutboundSettings,
  type Runtime,
  type Settings,
  text,
  type TokenEndpoint,
  url,
  usedWith,
} from '@mandate/service-kit';
import type { ActAsExchange } from './act-as-exchange.js';
import { createHttpActAsExchange } from './http-act-as-exchange.js';
import { createLocalActAsExchange } from './local-act-as-exchange.js';

/** The variables of acting as somebody: where it is decided, and how it is asked for. */
export const actAsExchangeConfig = {
  ACT_AS_EXCHANGE_URL: url()
    .optional()
    .describe(
      'Token endpoint of token-exchange, which decides who acts as whom (docs/acting-as.md); unset: nobody does',
    ),
  ...usedWith(
    { ACT_AS_EXCHANGE_URL: true },
    {
      ACT_AS_EXCHANGE_SCOPE: text()
        .min(1, { error: 'is empty' })
        .default('exchange')
        .describe('Scope that token-exchange asks of its callers (TOKEN_EXCHANGE_REQUIRED_SCOPE there)'),
    },
  ),
  ...actAsConfig,
};

export type ActAsExchangeSettings = Settings<typeof actAsExchangeConfig> &
  Pick<OutboundSettings, 'UPSTREAM_TIMEOUT_MS'>;

export interface ComposedActAs extends ComposedPart {
  /** `undefined`: nobody acts as anybody. */
  exchange: ActAsExchange | undefined;
}

/** token-exchange at its URL, else where it is of this process, in this process. */
export function composeActAs(
  config: ActAsExchangeSettings,
  runtime: Runtime,
  local: Pick<TokenEndpoint, 'handle'> | undefined,
): ComposedActAs {
  const { ACT_AS_EXCHANGE_URL: exchangeUrl, UPSTREAM_TIMEOUT_MS: timeoutMs } = config;
  if (exchangeUrl === undefined) {
    return { exchange: local && createLocalActAsExchange(local), parts: [] };
  }
  const upstream = createUpstream({ name: 'token-exchange', http: runtime.http }, runtime);
  const exchange = createHttpActAsExchange({ http: upstream.http, url: exchangeUrl, timeoutMs });
  return { exchange, parts: [upstream.part()] };
}
