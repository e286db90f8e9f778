import { IMAGES, imagesRule, OWN, ruleAt, USERS, WEAK } from '../http/exchange-world.js';

const STOCK = { claim: 'downstream', audience: 'https://stock.example.com', scopes: ['read'] };
const FILES = ['http://files.example.com:*/*'];
const AGENTS = { claims: { role: 'help-desk' }, sameClaim: ['tenant'] };

/** The policy file that both backends decide by: every member that a grant of OPA has. */
export const rules = [
  { ...imagesRule, additionalClaims: { department: 'photos' } },
  ruleAt('reports', {
    patterns: ['https://reports.example.com/*', 'reports-*'],
    allowedActors: ['bob', { iss: WEAK, sub: 'carol' }],
    expirationSeconds: null,
  }),
  ruleAt('files', { patterns: FILES, scopes: ['read', 'write'], clients: ['gateway'] }),
  ruleAt('archive', { patterns: FILES, scopes: ['read', 'write'], clients: ['other'] }),
  ruleAt('members', { subjects: [{ claims: { role: ['member', 'admin'] } }, { issuer: WEAK, subs: ['alice'] }] }),
  { id: 'closed', patterns: [`${IMAGES}/closed/*`], subjects: { issuer: USERS }, deny: true },
  { id: 'no-members', audience: 'reports', subjects: { claims: { role: 'member' } }, deny: true },
  { id: 'no-drafts', patterns: [`${IMAGES}/drafts/*`], audience: 'reports', subjects: { issuer: USERS }, deny: true },
  { id: 'no-stock', audience: STOCK.audience, clients: ['batch'], deny: true },
  ruleAt('cases', {
    actors: [
      { issuer: USERS, ...AGENTS },
      { issuer: OWN, subs: ['gateway'] },
    ],
  }),
  ruleAt('both', { id: undefined, allowedActors: ['dora'], actors: AGENTS }),
  ruleAt('testers', { actAs: true, allowedActors: ['tester'], subjects: { subs: ['test*', 'dora'] } }),
  ruleAt('printed', {
    actAs: true,
    mayAskSubject: true,
    actAsForm: 'act_as',
    actors: { subs: ['test*'] },
    claimsFrom: [{ from: 'actor', claim: 'role', as: 'agent_role' }],
    embed: [STOCK],
  }),
  ruleAt('asserted', {
    scopes: ['read', 'write'],
    claimsFrom: [
      { from: 'subject', claim: 'role', as: 'subject_role' },
      { from: 'client', claim: 'tenant' },
    ],
    embed: [
      { ...STOCK, expirationSeconds: 30, additionalClaims: { tier: 'gold' } },
      { claim: 'further', audience: 'https://printer.example.com', scopes: [] },
    ],
  }),
  ruleAt('embedded-twice', { embed: [STOCK] }),
  ruleAt('embedded-twice', { id: undefined, embed: [{ ...STOCK, audience: 'else' }] }),
  ruleAt('provided', { claimsProvider: 'required' }),
  ruleAt('provided-perhaps', { claimsProvider: 'optional' }),
  ruleAt('two-forms', { actAs: true, actAsForm: 'act', allowedActors: ['tester'] }),
  ruleAt('two-forms', {
    id: undefined,
    patterns: ['urn:two-forms', 'urn:one-of-two'],
    actAs: true,
    actAsForm: 'act_as',
    allowedActors: ['tester'],
  }),
  ruleAt('one-of-two', { audience: 'two-forms', allowedActors: ['tester'] }),
  ruleAt('conflict', { clients: ['gateway'], additionalClaims: { tier: 'gold' } }),
  ruleAt('conflict', { id: undefined, clients: ['gateway'], additionalClaims: { tier: 'iron' } }),
];
