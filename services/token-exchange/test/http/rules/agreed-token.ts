import { actorFields, type Claims, type ExchangeWorld, type FormFields, IMAGES, OWN } from '../exchange-world.js';

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

/** Bob, of our own issuer. */
export const bob = (world: ExchangeWorld): FormFields => actorFields(world, { iss: OWN });
