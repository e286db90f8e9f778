import { TEST_START } from '@mandate/testing';
import { type Claims, type ExchangeWorld, type FormFields, IMAGES, OWN } from '../exchange-world.js';

export const PHOTOS = `${IMAGES}/photos`;

export const detail = {
  type: 'act_on_behalf',
  actor: { sub: 'bob' },
  scopes: ['read'],
  locations: [PHOTOS, 'urn:translated', 'urn:printing'],
};

/** Alice's token as her word makes it: of our own issuer, with what she agreed to, for Bob. */
export function agreedToken(world: ExchangeWorld, members: Claims = {}, claims: Claims = {}): string {
  return world.token({
    iss: OWN,
    scope: 'openid read write',
    may_act: { sub: 'bob', iss: OWN },
    authGrantId: 'delegation-1',
    authorization_details: [{ ...detail, ...members }],
    ...claims,
  });
}

/** What is recorded of it, where its uses are counted. */
export function recordDelegation(world: ExchangeWorld, uses: number): Promise<unknown> {
  return world.delegations.record({
    id: 'delegation-1',
    subject: { iss: OWN, sub: 'alice' },
    actor: { sub: 'bob' },
    clientId: 'gateway',
    scopes: ['read'],
    locations: [PHOTOS],
    created: TEST_START,
    until: TEST_START + 600,
    uses,
    used: 0,
    origin: 'ciba',
  });
}

/** Bob, of our own issuer. */
export const bob = (world: ExchangeWorld): FormFields => world.actorFields({ iss: OWN });
