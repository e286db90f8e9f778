import { beforeEach, describe, expect, it } from '@jest/globals';
import type { TokenIntrospector } from '@mandate/token';
import { closeAfterEach } from '../close-after-each.js';

export interface OpenedIntrospector {
  introspector: TokenIntrospector;
  /** A token that is active, and its subject. */
  activeToken: string;
  subject: string;
  /** A token of the same kind that is not active any more. */
  inactiveToken: string;
  close?: () => Promise<void>;
}

const NOT_TOKENS = ['', ' ', 'opaque', '..', 'a.b.c', 'é', '\0', 'null', '{"active":true}', 'AQIC5w.*AAJT'];

/** What every `TokenIntrospector` promises. */
export function describeTokenIntrospectorContract(name: string, open: () => Promise<OpenedIntrospector>): void {
  describe(`TokenIntrospector contract: ${name}`, () => {
    const closeLater = closeAfterEach();
    let introspector: TokenIntrospector;
    let tokens: OpenedIntrospector;
    beforeEach(async () => {
      tokens = closeLater(await open());
      introspector = tokens.introspector;
    });

    it('answers an active token with its claims, on an object without a prototype', async () => {
      const answer = await introspector.introspect(tokens.activeToken);
      if (answer.outcome !== 'active') throw new Error(`The token is ${answer.outcome}`);
      expect(answer.claims['sub']).toBe(tokens.subject);
      expect(Object.getPrototypeOf(answer.claims)).toBeNull();
      expect(Object.hasOwn(answer.claims, 'active')).toBe(false);
    });

    it.each([undefined, 'access_token', 'id_token', 'openam_sso'] as const)(
      'gives the same answer with the hint %s (RFC 7662 section 2.1)',
      async (hint) => {
        expect((await introspector.introspect(tokens.activeToken, hint)).outcome).toBe('active');
        expect((await introspector.introspect(tokens.inactiveToken, hint)).outcome).not.toBe('active');
      },
    );

    it.each(NOT_TOKENS)('does not find %j active, and does not throw', async (text) => {
      expect((await introspector.introspect(text)).outcome).not.toBe('active');
    });
  });
}
