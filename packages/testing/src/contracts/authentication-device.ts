import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuthenticationDevice, DeviceContext, DeviceQuestion } from '@mandate/delegations';

/** A device, and what of it a person would see. */
export interface DeviceUnderContract {
  device: AuthenticationDevice;
  /** The `sub` and the `request` of every question that reached somebody. */
  reached: () => Promise<{ sub: string; request: string }[]>;
  /** From now on no question can be put; absent: there is nothing that could fail. */
  fail?: () => void;
  close?: () => Promise<void>;
}

const context: DeviceContext = { transactionId: 't', traceparent: undefined };

/** A question to alice, unless told otherwise. Its time is over in the year 2100. */
function deviceQuestion(members: Partial<DeviceQuestion> = {}): DeviceQuestion {
  return {
    request: 'request-1',
    sub: 'alice',
    clientId: 'desk',
    scopes: ['openid', 'read'],
    resources: [],
    acrValues: [],
    expiresAt: 4_102_444_800,
    ...members,
  };
}

/** What every `AuthenticationDevice` promises, whichever way it reaches people. */
export function describeAuthenticationDeviceContract(name: string, make: () => Promise<DeviceUnderContract>): void {
  describe(`AuthenticationDevice contract: ${name}`, () => {
    let underTest: DeviceUnderContract;
    const ask = (members: Partial<DeviceQuestion>) => underTest.device.ask(deviceQuestion(members), context);
    const questionForNobody = (): DeviceQuestion => {
      const question = deviceQuestion({ request: 'for nobody' });
      delete question.sub;
      return question;
    };
    beforeAll(async () => {
      underTest = await make();
    });
    afterAll(async () => underTest.close?.());

    it('reaches the person that is asked, each question by its name', async () => {
      await ask({ request: 'request-1' });
      await ask({ request: 'request-2', sub: 'bob' });
      expect(await underTest.reached()).toEqual([
        { sub: 'alice', request: 'request-1' },
        { sub: 'bob', request: 'request-2' },
      ]);
    });

    it('reaches nobody where there is no person, and says nothing of that', async () => {
      const questionsBefore = await underTest.reached();
      await expect(underTest.device.ask(questionForNobody(), context)).resolves.toBeUndefined();
      expect(await underTest.reached()).toEqual(questionsBefore);
    });

    it('fails alike for somebody and for nobody where it cannot ask', async () => {
      underTest.fail?.();
      const [answer, none] = await Promise.allSettled([
        ask({ request: 'request-3' }),
        underTest.device.ask(questionForNobody(), context),
      ]);
      expect(none.status).toBe(answer.status);
      if (underTest.fail === undefined) return;
      expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'UpstreamError' } });
      expect(none).toMatchObject({ status: 'rejected', reason: { name: 'UpstreamError' } });
    });
  });
}
