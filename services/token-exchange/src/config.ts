import * as z from 'zod';
import {
  actAsConfig,
  auditConfig,
  callersConfig,
  clientsConfig,
  delegationRecordsConfig,
  issuersConfig,
  signingConfig,
  stateConfig,
  tokenLifetimeConfig,
  verifierConfig,
} from '@mandate/composition';
import { choice, choices, commonConfig, flag, integer, list, text } from '@mandate/service-kit';
import { consentConfig } from './consent/compose-consent.js';
import { claimsProviderConfig } from './policies/claims-provider.js';
import { POLICY_NAMES, policiesConfig } from './policies/compose-policies.js';
import { shadowConfig } from './policies/shadow.js';
import { subjectReadersConfig } from './subject-readers/compose-subject-readers.js';
import { tokenTypeCheckConfig } from './token-type-check-config.js';

/** The environment of token-exchange. */
export const tokenExchangeConfig = z.object({
  ...commonConfig,
  PORT: commonConfig.PORT.unwrap().default(38080).describe('Public port'),
  MANAGEMENT_PORT: commonConfig.MANAGEMENT_PORT.unwrap().default(39080).describe('Port of metrics and probes'),
  ...signingConfig,
  ...issuersConfig,
  ...verifierConfig,
  ...clientsConfig,
  ...callersConfig,
  ...auditConfig,
  ...stateConfig,
  ...delegationRecordsConfig,
  ...tokenLifetimeConfig,
  TOKEN_EXCHANGE_REQUIRED_SCOPE: text().default('exchange').describe('Scope a caller needs to exchange'),
  EXPLAIN_REQUIRED_SCOPE: text().default('explain').describe('Scope a caller needs to have a decision explained'),
  TOKEN_EXCHANGE_POLICIES: choices(POLICY_NAMES)
    .default(['json'])
    .describe('Policy backends in order; the first permit or deny decides'),
  ...policiesConfig,
  ...shadowConfig,
  ...subjectReadersConfig,
  ...claimsProviderConfig,
  ...consentConfig,
  DEFAULT_ACTOR_ISSUERS: list()
    .default([])
    .describe(
      'Where a bare name in a policy or a `may_act` names somebody; `*`: at every trusted issuer; default: the one trusted issuer, if one',
    ),
  ACT_CLAIMS: choice(['sub', 'iss+sub']).default('sub').describe('How the `act` claim names an actor'),
  ACT_MAX_DEPTH: integer(1, 8).default(4).describe('Longest chain of actors'),
  ACT_ALLOW_LOOPS: flag().default(false).describe('Whether an actor may appear in a chain twice'),
  ACTOR_TOKEN_BINDING: choice(['caller', 'ims'])
    .default('caller')
    .describe('`caller`: an actor access token must be issued to the calling client or for it; `ims`: any'),
  IMPERSONATION_DEFAULT: choice(['allow', 'deny'])
    .default('allow')
    .describe('Whether a permit alone allows an exchange without an actor token'),
  EXCHANGE_SCOPE_CEILING: choice(['subject', 'policy'])
    .optional()
    .describe('What bounds the scopes; default: `subject` for access tokens, else `policy`'),
  EXCHANGE_SEVERAL_TARGETS: choice(['refuse', 'union'])
    .default('refuse')
    .describe('Several targets with different scopes in one request: refused, or one token with all of them (IMS)'),
  SUBJECT_AUDIENCE_CHECK: flag()
    .optional()
    .describe("Whether the caller must be in the subject token's audience; default: for access tokens of our own"),
  ...actAsConfig,
  ACT_AS_SUBJECT_ISSUER: text()
    .optional()
    .describe('Issuer of the people whom parties act as (docs/acting-as.md); unset: nobody acts as anybody'),
  ACT_AS_TOKEN_FORM: choice(['act', 'act_as'])
    .default('act')
    .describe(
      'What a token to act as somebody has in `sub`: the subject, and who acts in `act`; or who acts, and the subject in `act_as`',
    ),
  ASSERTED_SUBJECT_ISSUER: text()
    .optional()
    .describe(
      'Issuer of the people whom clients assert (`mayAssertUsers` of a client record); unset: clients assert nobody',
    ),
  RESOURCE_SYNTAX: choice(['ims', 'uri']).default('ims').describe('`uri` refuses resources that are no absolute URI'),
  ...tokenTypeCheckConfig,
});

export type TokenExchangeConfig = z.output<typeof tokenExchangeConfig>;
