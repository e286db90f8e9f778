import { describe, expect } from '@jest/globals';
import { until } from '@mandate/testing';
import { decodeJwt } from 'jose';
import { exchangeCall } from './calls.js';
import { diagnosedIt } from './diagnosed.js';
import { linksFor } from './phone.js';
import { send, type World } from './world.js';

const LOGIN_HINT = 'urn:mandate:token-type:login-hint';

/** components/people: token-exchange asks authentication, and that the operator's app, pod to pod. */
export function describeAsking(world: () => World): void {
  const it = diagnosedIt(world);
  const ask = async (fields: Record<string, string> = {}): Promise<Record<string, unknown>> => {
    const caller = await world().tokenOf('bob', 'exchange');
    const call = exchangeCall(
      world().outside(),
      { subject: 'alice', caller },
      {
        subject_token_type: LOGIN_HINT,
        resource: 'https://accounts.example.com/4711',
        ...fields,
      },
    );
    const { status, text } = await send(call);
    return { status, ...(JSON.parse(text) as Record<string, unknown>) };
  };
  const outcomeOf = async (approve: boolean): Promise<Record<string, unknown>> => {
    const links = await linksFor(world().kubectl, 'alice');
    const waits = await ask();
    expect(waits).toMatchObject({ status: 400, error: 'authorization_pending' });
    let link = '';
    await until(async () => {
      link = (await linksFor(world().kubectl, 'alice'))[links.length] ?? '';
      return link !== '';
    });
    const url = link.replace('approve=true', `approve=${approve}`);
    expect(await world().inPod.send({ url, method: 'GET', headers: {}, body: '' })).toMatchObject({ status: 200 });
    return ask({ auth_req_id: String(waits['auth_req_id']) });
  };

  describe('the help-desk', () => {
    it('asks Alice on her phone: with her yes Bob has a token, with her no he has none', async () => {
      const { access_token: token, ...answer } = await outcomeOf(true);
      expect(answer).toMatchObject({ status: 200, scope: 'read' });
      expect(decodeJwt(String(token))).toMatchObject({ sub: 'alice', act: { sub: 'bob' } });
      expect(await outcomeOf(false)).toMatchObject({ status: 400, error: 'access_denied' });
    });
  });
}
