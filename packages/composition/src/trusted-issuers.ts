import { ConfigError, type HttpClient } from '@mandate/ports';
import {
  type HealthPart,
  type OutboundSettings,
  type Runtime,
  type Settings,
  outboundOptions,
  choice,
  choices,
  list,
  path,
  secret,
  text,
  usedWith,
  watchFile,
} from '@mandate/service-kit';
import {
  combineIssuerKeys,
  createIssuerKeys,
  createOpenidIssuerKeys,
  createStaticIssuerKeys,
  type IssuerKeys,
  type IssuerProblem,
  type KeyRefresh,
  openidIssuerRecord,
  parseTrustedIssuers,
  staticIssuerRecord,
  type TrustedIssuerRecord,
} from '@mandate/token';
import { warnOfDemonstrationKey } from './ims-demonstration-key.js';
import { createIssuerClient, issuerFileProblems } from './issuer-access.js';
import { reportKeys } from './report-keys.js';
import type { ComposedPart } from './part.js';
import { asConfigError, requiresAccessTokenType, type SigningSettings } from './signing-keys.js';

/** The variables that name trusted issuers. */
export const issuersConfig = {
  ISSUER_JWK_STORE: choices(['json', 'openid'])
    .default(['json'])
    .describe('Which of the IMS sources of trusted issuers are used, in order'),
  ...usedWith(
    { ISSUER_JWK_STORE: 'json' },
    {
      ISSUER_JWK_JSON_ISSUER_URI: text()
        .optional()
        .describe('Issuer whose key stands in ISSUER_JWK_JSON_JWK_BASE64 (IMS)'),
      ISSUER_JWK_JSON_JWK_BASE64: secret()
        .optional()
        .describe("That issuer's JWK, in standard base64 or as JSON (IMS)"),
    },
  ),
  ...usedWith(
    { ISSUER_JWK_STORE: 'openid', ISSUER_JWK_OPENID_TRUST: 'ims' },
    {
      ISSUER_JWK_OPENID_URL: list()
        .default([])
        .describe('Issuers, or their discovery documents, with keys by OpenID discovery (IMS)'),
    },
  ),
  ISSUER_JWK_OPENID_TRUST: choice(['listed', 'ims'])
    .default('listed')
    .describe(
      '`listed`: ISSUER_JWK_OPENID_URL is trusted where ISSUER_JWK_STORE has openid; `ims`: always, and in act and may_act',
    ),
  TRUSTED_ISSUERS_FILE: path().optional().describe('JSON array of trusted issuers; reloaded when it changes'),
};

export type IssuerSettings = OutboundSettings &
  Settings<typeof issuersConfig, 'RELOAD_INTERVAL_SECONDS'> &
  Pick<SigningSettings, 'TOKEN_TYP'>;

export interface TrustedIssuers extends ComposedPart {
  issuers: IssuerKeys;
}

/** The issuers that configuration names, those of `TRUSTED_ISSUERS_FILE` first. `tokenIssuer` is our own. */
export function composeTrustedIssuers(config: IssuerSettings, runtime: Runtime, tokenIssuer: string): TrustedIssuers {
  const report = reportKeys('issuer', runtime);
  const onRefresh = ({ issuer, ...result }: KeyRefresh): void => report.fetched(issuer, result);
  const client = { ...outboundOptions(config), http: runtime.http };
  const httpFor = (record: TrustedIssuerRecord): HttpClient => createIssuerClient(record, client);
  const remote = { http: runtime.http, httpFor, clock: runtime.clock, onRefresh };
  const sources = storesOf(config).map((store) =>
    store === 'json' ? staticIssuer(config, runtime, tokenIssuer) : openidIssuers(config, remote),
  );
  const file = config.TRUSTED_ISSUERS_FILE;
  if (file === undefined) {
    const issuers = combineIssuerKeys(sources);
    return { issuers, parts: [issuersHealth(issuers)] };
  }
  const issuerFile = watchFile(runtime, {
    path: file,
    variable: 'TRUSTED_ISSUERS_FILE',
    parse: (text) => parseTrustedIssuers(text, issuerFileProblems),
    intervalSeconds: config.RELOAD_INTERVAL_SECONDS,
  });
  const listedIssuers = createIssuerKeys({ ...remote, current: () => issuerFile.current() });
  const issuers = combineIssuerKeys([listedIssuers, ...sources]);
  return {
    issuers,
    parts: [issuerFile.part, issuersHealth(issuers)],
    close: () => issuerFile.close(),
  };
}

/** The IMS sources in use: those listed, and the one that is used unlisted under `ISSUER_JWK_OPENID_TRUST=ims`. */
function storesOf(config: IssuerSettings): IssuerSettings['ISSUER_JWK_STORE'] {
  const { ISSUER_JWK_STORE: names, ISSUER_JWK_OPENID_TRUST: trust, ISSUER_JWK_OPENID_URL: urls } = config;
  const addsOpenid = trust === 'ims' && urls.length > 0 && !names.includes('openid');
  return addsOpenid ? [...names, 'openid'] : names;
}

/**
 * An issuer whose keys cannot be fetched degrades the service and no more: the others are served. Otherwise an issuer
 * that hangs, added to a file that all replicas read, would take all of them away at once.
 */
function issuersHealth(issuers: IssuerKeys): HealthPart {
  return {
    name: 'trusted-issuers',
    needed: false,
    async status() {
      const problems = (await issuers.check?.()) ?? [];
      return problems.length === 0 ? { ready: true } : { ready: true, degraded: true, detail: namesOf(problems) };
    },
  };
}

const MOST_NAMED = 10;

function namesOf(problems: readonly IssuerProblem[]): string {
  const examples = problems.slice(0, MOST_NAMED).map(({ issuer, failure }) => `${issuer}: ${failure}`);
  const more = problems.length > MOST_NAMED ? [`and ${problems.length - MOST_NAMED} more`] : [];
  return `keys not fetched of ${[...examples, ...more].join(', ')}`;
}

function staticIssuer(config: IssuerSettings, runtime: Runtime, tokenIssuer: string): IssuerKeys {
  const { ISSUER_JWK_JSON_ISSUER_URI: issuer, ISSUER_JWK_JSON_JWK_BASE64: jwkBase64 } = config;
  if (issuer === undefined && jwkBase64 === undefined) return createStaticIssuerKeys({ issuers: [] });
  const variable = issuer === undefined ? 'ISSUER_JWK_JSON_ISSUER_URI' : 'ISSUER_JWK_JSON_JWK_BASE64';
  if (issuer === undefined || jwkBase64 === undefined) {
    throw new ConfigError([{ variable, message: 'is needed with its counterpart' }]);
  }
  const record = asConfigError('ISSUER_JWK_JSON_JWK_BASE64', () =>
    staticIssuerRecord({ issuer, jwkBase64, tokenIssuer, requireAccessTokenType: requiresAccessTokenType(config) }),
  );
  warnOfDemonstrationKey('ISSUER_JWK_JSON_JWK_BASE64', jwkBase64, runtime);
  return createStaticIssuerKeys({ issuers: [record] });
}

function openidIssuers(
  config: IssuerSettings,
  remote: Omit<Parameters<typeof createOpenidIssuerKeys>[0], 'issuers'>,
): IssuerKeys {
  if (config.ISSUER_JWK_OPENID_URL.length === 0) {
    throw new ConfigError([{ variable: 'ISSUER_JWK_OPENID_URL', message: 'is needed for ISSUER_JWK_STORE=openid' }]);
  }
  const isBelieved = config.ISSUER_JWK_OPENID_TRUST === 'ims';
  const issuers = config.ISSUER_JWK_OPENID_URL.map((url) => openidIssuerRecord(url, { believed: isBelieved }));
  return createOpenidIssuerKeys({ ...remote, issuers });
}
