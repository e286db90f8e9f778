import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Consent, ConsentContext, ConsentQuestion } from '@mandate/delegations';

/** Whoever asks alice, and she herself. */
export interface ConsentUnderContract {
  consent: Consent;
  /** She answers the last question. */
  answer: (approve: boolean) => Promise<void>;
  /** From now on nobody can be asked; absent: there is nothing that could fail. */
  fail?: () => Promise<void>;
  close?: () => Promise<void>;
}

const context: ConsentContext = {
  transactionId: 't',
  traceparent: undefined,
  signal: () => AbortSignal.timeout(300_000),
};

/** May bob read at one place? Asked of alice, unless told otherwise. */
function consentQuestion(members: Partial<ConsentQuestion> = {}): ConsentQuestion {
  const actor = { sub: 'bob', iss: 'https://users.example.com' };
  const agreement = { actor, scopes: ['read'], locations: ['https://images.example.com'] };
  return { loginHint: 'alice', agreement, bindingMessage: 'Ticket 4711', ...members };
}

/** What every `Consent` promises, whichever way it asks. */
export function describeConsentContract(name: string, make: () => Promise<ConsentUnderContract>): void {
  describe(`Consent contract: ${name}`, () => {
    let underTest: ConsentUnderContract;
    beforeAll(async () => {
      underTest = await make();
    });
    afterAll(async () => underTest.close?.());
    const ask = () => underTest.consent.ask(consentQuestion(), context);
    const poll = (authReqId: string) => underTest.consent.poll(authReqId, context);

    it('says how long a question waits and how often to look, and that there is no answer yet', async () => {
      const { authReqId, expiresIn, interval } = await ask();
      expect({ expiresIn, interval }).toEqual({ expiresIn: 120, interval: 5 });
      expect(await poll(authReqId)).toEqual({ kind: 'pending', interval: 5 });
      await underTest.answer(true);
    });

    it('tells the token of a consent once', async () => {
      const { authReqId } = await ask();
      await underTest.answer(true);
      expect(await poll(authReqId)).toMatchObject({
        kind: 'given',
        token: expect.stringMatching(/^[\w-]+(\.[\w-]+){2}$/),
      });
      expect(await poll(authReqId)).toEqual({ kind: 'unknown' });
    });

    it('tells that the person does not agree', async () => {
      const { authReqId } = await ask();
      await underTest.answer(false);
      expect(await poll(authReqId)).toEqual({ kind: 'denied' });
    });

    it('tells whoever looks too often how much less often to come, each time', async () => {
      const { authReqId } = await ask();
      await poll(authReqId);
      expect(await poll(authReqId)).toEqual({ kind: 'slow_down', interval: 10 });
      expect(await poll(authReqId)).toEqual({ kind: 'slow_down', interval: 15 });
      await underTest.answer(true);
    });

    it('knows nothing of a question that nobody put', async () => {
      expect(await poll('nobody')).toEqual({ kind: 'unknown' });
    });

    it('refuses what cannot be asked', async () => {
      const badMessage = consentQuestion({ bindingMessage: 'two\nlines' });
      await expect(underTest.consent.ask(badMessage, context)).rejects.toMatchObject({
        code: 'invalid_binding_message',
      });
      const { agreement } = consentQuestion();
      const locations = Array.from({ length: 30 }, (_, index) => `https://a.example/${index}`.padEnd(500, 'x'));
      const tooLarge = consentQuestion({ agreement: { ...agreement, locations } });
      await expect(underTest.consent.ask(tooLarge, context)).rejects.toMatchObject({
        code: 'invalid_authorization_details',
        status: 400,
      });
      const tooMuch = consentQuestion({ agreement: { ...agreement, scopes: ['admin'] } });
      await expect(underTest.consent.ask(tooMuch, context)).rejects.toMatchObject({
        code: 'invalid_scope',
        status: 400,
      });
    });

    it('refuses to ask whoever has been asked too often without a yes, and says when to ask again', async () => {
      const dora = { ...consentQuestion(), loginHint: 'dora' };
      // Of one client three, of CIBA_MAX_OPEN_REQUESTS.
      for (let times = 0; times < 3; times++) await underTest.consent.ask(dora, context);
      await expect(underTest.consent.ask(dora, context)).rejects.toMatchObject({
        code: 'slow_down',
        status: 429,
        headers: { 'Retry-After': '600' },
      });
    });

    it('fails where nobody can be asked, rather than to say that they did not agree', async () => {
      await underTest.fail?.();
      if (underTest.fail === undefined) return;
      await expect(ask()).rejects.toMatchObject({ name: 'UpstreamError' });
      await expect(poll('nobody')).rejects.toMatchObject({ name: 'UpstreamError' });
    });
  });
}
