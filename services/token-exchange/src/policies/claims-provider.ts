import { type ClaimsProvider, createHttpClaimsProvider, withRecentClaims } from '@mandate/policy';
import { UpstreamError } from '@mandate/ports';
import type { ComposedPart } from '@mandate/composition';
import {
  createUpstream,
  type OutboundSettings,
  type Runtime,
  seconds,
  type Settings,
  url,
  usedWith,
} from '@mandate/service-kit';

/** The variables of the claims provider. */
export const claimsProviderConfig = {
  CLAIMS_PROVIDER_URL: url()
    .optional()
    .describe('Server that is asked for claims where a rule says `claimsProvider` (docs/acting-as.md)'),
  ...usedWith(
    { CLAIMS_PROVIDER_URL: true },
    {
      CLAIMS_PROVIDER_CACHE_SECONDS: seconds(0, 30)
        .default(30)
        .describe('How long its answer to a question stands for the same question'),
    },
  ),
};

export type ClaimsProviderSettings = Settings<typeof claimsProviderConfig> &
  Pick<OutboundSettings, 'UPSTREAM_TIMEOUT_MS'>;

/** The claims provider, where there is one; it may be down. */
export function composeClaimsProvider(
  config: ClaimsProviderSettings,
  runtime: Runtime,
): ComposedPart & { provider: ClaimsProvider | undefined } {
  const { CLAIMS_PROVIDER_URL: providerUrl } = config;
  if (providerUrl === undefined) return { provider: undefined, parts: [] };
  const upstream = createUpstream({ name: 'claims', http: runtime.http }, runtime);
  const directory = createHttpClaimsProvider({
    http: upstream.http,
    url: providerUrl,
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
  });
  const options = { clock: runtime.clock, seconds: config.CLAIMS_PROVIDER_CACHE_SECONDS };
  return {
    provider: withRecentClaims(withFailuresLogged(directory, runtime), options),
    parts: [upstream.part()],
  };
}

/** A token without the claims of an `optional` provider looks like any other: the log says that they could not be had. */
function withFailuresLogged(provider: ClaimsProvider, { logger }: Pick<Runtime, 'logger'>): ClaimsProvider {
  return {
    name: provider.name,
    async claimsFor(request, context) {
      try {
        return await provider.claimsFor(request, context);
      } catch (error) {
        if (error instanceof UpstreamError) {
          const { failure, detail } = error;
          const { transactionId } = context;
          logger.warn('claims not provided', { dependency: provider.name, failure, detail, transactionId });
        }
        throw error;
      }
    },
  };
}
