import { type ComposedPart, createClientProof, parseRate, rate, type SharedState } from '@mandate/composition';
import type { Consent } from '@mandate/delegations';
import {
  type AuditSink,
  createUpstream,
  integer,
  type OutboundSettings,
  type Runtime,
  secret,
  type Settings,
  text,
  url,
  usedWith,
} from '@mandate/service-kit';
import type { KeyStore, TokenSigner } from '@mandate/token';
import { createAskLimits } from './ask-limits.js';
import { type AskSubject, createAskSubject } from './ask-subject.js';
import { askedEvent } from './asked-event.js';
import { createConsentHandles } from './consent-handle.js';
import { createHttpConsent } from './http-consent.js';
import { createLocalConsent, type LocalAuthentication } from './local-consent.js';
import { createWaitingCalls } from './waiting-calls.js';

/** The variables of asking people. */
export const consentConfig = {
  CONSENT_URL: url()
    .optional()
    .describe(
      'Base URL of authentication, which asks people whether an actor may act for them (docs/help-desk.md); unset: nobody is asked',
    ),
  ...usedWith(
    { CONSENT_URL: true },
    {
      CONSENT_CLIENT_ID: text()
        .min(1, { error: 'is empty' })
        .default('token-exchange')
        .describe(
          'Our client id at authentication; it has the CIBA grant, and every scope that people may be asked for',
        ),
      CONSENT_CLIENT_SECRET: secret()
        .optional()
        .describe('Our secret there (`client_secret_basic`); unset: `private_key_jwt`, signed with our signing key'),
      CONSENT_ISSUER: text()
        .optional()
        .describe('Issuer of authentication, whose people they are; one of our own; default: TOKEN_ISSUER'),
    },
  ),
  CONSENT_MAX_WAITING: integer(0, 100_000)
    .default(1000)
    .describe(
      'Calls that may wait for people in this process at once (`Prefer: wait`, about 0.1 MB each), of one client no more than are then free; more are answered without a wait',
    ),
  ...usedWith(
    { RATE_LIMIT: 'on' },
    {
      CONSENT_RATE_AGENT: rate()
        .default('30/60')
        .describe('How often one agent may have people asked, as `COUNT/SECONDS`; more is 429 `slow_down`'),
      CONSENT_RATE_PERSON: rate()
        .default('5/300')
        .describe('How often one person is asked, by whomever, as `COUNT/SECONDS`; more is 429 `slow_down`'),
    },
  ),
};

export type ConsentSettings = Settings<typeof consentConfig> & Pick<OutboundSettings, 'UPSTREAM_TIMEOUT_MS'>;

export interface ConsentParts {
  issuer: string;
  signer: TokenSigner;
  keyStore: KeyStore;
  state: Pick<SharedState, 'limiter'>;
  audit: AuditSink;
  /** authentication where it is of this process; CONSENT_URL comes first. */
  local: LocalAuthentication | undefined;
}

export interface ComposedConsent extends ComposedPart {
  /** By whom people are asked, whose they are, and as which client; `undefined`: nobody is asked. */
  asking: { desk: AskSubject; subjectIssuer: string; clientId: string } | undefined;
  stopWaiting(): void;
}

/** Asking people, where there is an authentication to do it. */
export function composeConsent(config: ConsentSettings, runtime: Runtime, parts: ConsentParts): ComposedConsent {
  const subjectIssuer = config.CONSENT_ISSUER ?? parts.issuer;
  const waiting = createWaitingCalls({ most: config.CONSENT_MAX_WAITING });
  const { consent, parts: health } = composePort(config, runtime, { ...parts, subjectIssuer });
  const ends = { stopWaiting: () => waiting.stop(), close: () => waiting.stop() };
  if (consent === undefined) return { asking: undefined, parts: [], ...ends };
  const { clock } = runtime;
  const desk = createAskSubject({
    consent,
    handles: createConsentHandles(parts),
    limits: createAskLimits({
      limiter: parts.state.limiter,
      agent: parseRate(config.CONSENT_RATE_AGENT),
      person: parseRate(config.CONSENT_RATE_PERSON),
    }),
    onAsked: (asking) => parts.audit.record(askedEvent(asking, { subjectIssuer, clock })),
    waiting,
    clock,
  });
  return { asking: { desk, subjectIssuer, clientId: config.CONSENT_CLIENT_ID }, parts: health, ...ends };
}

function composePort(
  config: ConsentSettings,
  runtime: Runtime,
  { issuer, subjectIssuer, signer, local }: ConsentParts & { subjectIssuer: string },
): { consent: Consent | undefined; parts: ComposedPart['parts'] } {
  const { CONSENT_URL: base, UPSTREAM_TIMEOUT_MS: timeoutMs } = config;
  const { logger, clock } = runtime;
  if (base === undefined) {
    return { consent: local && createLocalConsent(local, { resource: issuer, logger }), parts: [] };
  }
  const upstream = createUpstream({ name: 'consent', http: runtime.http }, runtime);
  const proof = createClientProof({
    clientId: config.CONSENT_CLIENT_ID,
    clientSecret: config.CONSENT_CLIENT_SECRET,
    issuer: subjectIssuer,
    signer,
    clock,
  });
  const consent = createHttpConsent({ http: upstream.http, url: base, proof, timeoutMs, resource: issuer });
  return { consent, parts: [upstream.part()] };
}
