import { authenticationConfig, compose } from '@mandate/authentication';
import { createClientProof } from '@mandate/composition';
import { createHttpClient, createLogger, readConfig, type Service } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createTokenSigner, createKeyStore, parseSigningJwks } from '@mandate/token';
import { type ConsentUnderContract, createTestKey, describeConsentContract, fixedClock } from '@mandate/testing';
import { createHttpConsent } from '../../services/token-exchange/src/consent/http-consent.js';
import { createLocalConsent } from '../../services/token-exchange/src/consent/local-consent.js';
import { createFolder } from './worlds.js';
import { CIBA } from './post-form.js';

const ISSUER = 'https://authentication.example.com';
const RESOURCE = 'https://exchange.example.com';
const KEY = createTestKey('ES256');
const clock = fixedClock();

interface Authentication {
  service: Service;
  url: string;
  answer: (approve: boolean) => Promise<void>;
  stop: () => Promise<void>;
}

/** authentication itself, with the link of a developer for a person. */
async function startAuthentication(): Promise<Authentication> {
  const folder = createFolder();
  const grants = { scopes: ['read'], grantTypes: [CIBA] };
  const clients = [
    { clientId: 'local', clientSecret: 'secret', ...grants },
    { clientId: 'desk', jwks: { keys: [KEY.publicJwk] }, tokenEndpointAuthMethod: 'private_key_jwt', ...grants },
  ];
  const config = readConfig(authenticationConfig, {
    env: {
      TOKEN_ISSUER: ISSUER,
      CIBA_CHANNEL: 'development',
      TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [createTestKey('ES256').privateJwk] }),
      CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
    },
  });
  const services: Service[] = [];
  const server = await startOnLoopback(
    async (runtime) => {
      services.push(await compose(config, runtime, { isDevelopment: true }));
      return services;
    },
    { clock },
  );
  const [service] = services;
  if (service === undefined) throw new Error('nothing was composed');
  return {
    service,
    url: server.publicUrl,
    async answer(approve) {
      const links = server.logLines.flatMap((line) => /request=([\w-]+)/.exec(line)?.[1] ?? []);
      const query = `request=${links.at(-1) ?? ''}&approve=${approve}`;
      const { status } = await fetch(`${server.publicUrl}/development/bc-decision?${query}`);
      if (status !== 200) throw new Error(`the answer was not taken: ${status}`);
    },
    stop: () => server.stop(),
  };
}

describeConsentContract('authentication over HTTP, by private_key_jwt', async (): Promise<ConsentUnderContract> => {
  const authentication = await startAuthentication();
  const keys = parseSigningJwks(JSON.stringify({ keys: [KEY.privateJwk] }));
  const signer = createTokenSigner({ keyStore: createKeyStore({ current: () => keys }) });
  const proof = createClientProof({ clientId: 'desk', clientSecret: undefined, issuer: ISSUER, signer, clock });
  const http = createHttpClient({ timeoutMs: 20_000 });
  const { url, answer, stop } = authentication;
  const consent = createHttpConsent({ http, url: `${url}/`, proof, timeoutMs: 20_000, resource: RESOURCE });
  return {
    consent,
    answer,
    fail: stop,
    close: () => {
      http.close();
      return Promise.resolve();
    },
  };
});

describeConsentContract('authentication in this process', async (): Promise<ConsentUnderContract> => {
  const { service, answer, stop } = await startAuthentication();
  let currentService: Service | undefined = service;
  const consent = createLocalConsent(
    { service: () => currentService, client: { clientId: 'local', secret: 'secret' } },
    { resource: RESOURCE, logger: createLogger({ level: 'silent', service: 'test' }) },
  );
  return {
    consent,
    answer,
    fail: () => {
      currentService = undefined;
      return Promise.resolve();
    },
    close: stop,
  };
});
