import { isScopeToken } from '@mandate/oauth';
import { ConfigError, FileError } from '@mandate/ports';
import { type Runtime, type Settings, choice, list, path, secret, url, watchFile } from '@mandate/service-kit';
import {
  createKeyStore,
  type IssuerKeys,
  type KeyStore,
  loadOrGenerateKeys,
  ownIssuerKeys,
  parseSigningJwkBase64,
  parseSigningJwks,
} from '@mandate/token';
import { warnOfDemonstrationKey } from './ims-demonstration-key.js';
import type { ComposedPart } from './part.js';

/** The variables of a service that signs tokens. */
export const signingConfig = {
  TOKEN_ISSUER: url()
    .optional()
    .describe('Issuer identifier of the tokens issued here; default: the local URL of the service'),
  SCOPES_SUPPORTED: list()
    .refine((scopes) => scopes.every(isScopeToken), { error: 'must be scopes, separated by commas' })
    .default([])
    .describe('Scopes that metadata names (`scopes_supported`) beside those that the endpoints here require'),
  TOKEN_SIGNATURE_JWK_BASE64: secret().optional().describe('Signing key: one JWK, in standard base64 or as JSON (IMS)'),
  TOKEN_TYP: choice(['at+jwt', 'JWT'])
    .default('at+jwt')
    .describe(
      '`typ` in the header of tokens issued here; `JWT`, for IMS and for APIs that refuse `at+jwt`: a token is told from others by its claims alone',
    ),
  TOKEN_SIGNATURE_JWKS_FILE: path()
    .optional()
    .describe('Signing keys: a mounted private JWKS; the first key signs, all public halves are published; reloaded'),
  DEVELOPMENT_KEYS_DIRECTORY: path()
    .optional()
    .describe('For development: signing keys are generated and kept here; refused with NODE_ENV=production'),
  NODE_ENV: path().optional().describe('`production` refuses whatever is for development only'),
};

export type SigningSettings = Settings<typeof signingConfig, 'RELOAD_INTERVAL_SECONDS'>;

/** Our own issuer identifier: the local URL of the service where `TOKEN_ISSUER` is not set. */
export function tokenIssuer({ TOKEN_ISSUER: issuer, PORT: port }: Settings<typeof signingConfig, 'PORT'>): string {
  return issuer ?? `http://127.0.0.1:${port}`;
}

/** Whether our own tokens are known by `typ: at+jwt`, as they are unless they are signed without it. */
export function requiresAccessTokenType({ TOKEN_TYP: typ }: Pick<SigningSettings, 'TOKEN_TYP'>): boolean {
  return typ === 'at+jwt';
}

/** Our own tokens as one more trusted issuer, with the `typ` that they are signed with. */
export function composeOwnIssuer(
  config: Pick<SigningSettings, 'TOKEN_TYP'>,
  issuer: string,
  keyStore: KeyStore,
): IssuerKeys {
  return ownIssuerKeys(issuer, keyStore, { requireAccessTokenType: requiresAccessTokenType(config) });
}

export interface SigningKeys extends ComposedPart {
  keyStore: KeyStore;
}

const SOURCES = ['TOKEN_SIGNATURE_JWK_BASE64', 'TOKEN_SIGNATURE_JWKS_FILE', 'DEVELOPMENT_KEYS_DIRECTORY'] as const;

/** The keys of a service that must sign. @throws ConfigError naming the variables when there are none, or two. */
export async function composeSigningKeys(config: SigningSettings, runtime: Runtime): Promise<SigningKeys> {
  const keys = await composeOptionalSigningKeys(config, runtime);
  if (keys !== undefined) return keys;
  throw new ConfigError([{ variable: SOURCES.join(', '), message: 'set one of them: there is no key to sign with' }]);
}

/** The keys of a service that signs only where it has keys. */
export async function composeOptionalSigningKeys(
  config: SigningSettings,
  runtime: Runtime,
): Promise<SigningKeys | undefined> {
  const sources = SOURCES.filter((name) => config[name] !== undefined);
  if (sources.length > 1) throw new ConfigError([{ variable: sources.join(', '), message: 'set only one of them' }]);
  const {
    TOKEN_SIGNATURE_JWK_BASE64: jwk,
    TOKEN_SIGNATURE_JWKS_FILE: file,
    DEVELOPMENT_KEYS_DIRECTORY: directory,
  } = config;
  if (file !== undefined) {
    const variable = 'TOKEN_SIGNATURE_JWKS_FILE';
    const keyFile = watchFile(runtime, {
      path: file,
      variable,
      parse: parseSigningJwks,
      intervalSeconds: config.RELOAD_INTERVAL_SECONDS,
    });
    return { keyStore: createKeyStore(keyFile), parts: [keyFile.part], close: () => keyFile.close() };
  }
  if (jwk !== undefined) {
    const keys = asConfigError('TOKEN_SIGNATURE_JWK_BASE64', () => parseSigningJwkBase64(jwk));
    warnOfDemonstrationKey('TOKEN_SIGNATURE_JWK_BASE64', jwk, runtime);
    return fixedKeys(createKeyStore({ current: () => keys }));
  }
  return directory === undefined ? undefined : developmentKeys(directory, config.NODE_ENV);
}

async function developmentKeys(directory: string, environment: string | undefined): Promise<SigningKeys> {
  const variable = 'DEVELOPMENT_KEYS_DIRECTORY';
  if (environment === 'production') {
    throw new ConfigError([{ variable, message: 'generated keys are for development, and NODE_ENV is production' }]);
  }
  const keys = await loadOrGenerateKeys({ directory }).catch((error: unknown) =>
    asConfigError(variable, () => {
      throw error;
    }),
  );
  return fixedKeys(createKeyStore({ current: () => keys }));
}

function fixedKeys(keyStore: KeyStore): SigningKeys {
  return { keyStore, parts: [{ name: 'signing-keys', status: () => ({ ready: true }) }] };
}

/** Runs a parser of configured text; what it finds wrong becomes a `ConfigError` for the variable. */
export function asConfigError<T>(variable: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FileError) throw new ConfigError([{ variable, message: error.message }]);
    throw error;
  }
}
