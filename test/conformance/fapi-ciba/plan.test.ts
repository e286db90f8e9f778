import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectAsked } from './conditions.js';
import { configure } from './flow.js';
import { flowModules } from './flow-modules.js';
import { type Plan, startPlan } from './plan-world.js';
import { refusalModules } from './refusal-modules.js';
import { callBackchannel } from './suite-requests.js';

describe("what the OpenID Foundation's FAPI-CIBA plan asserts (private_key_jwt, poll, plain_fapi)", () => {
  let plan: Plan;
  beforeAll(async () => {
    plan = await startPlan();
  });
  afterAll(() => plan.stop());

  it.each([...flowModules, ...refusalModules])('$module', async ({ run }) => {
    await configure(plan);
    await run(plan);
  });
});

it.each([
  ['required', 'invalid_binding_message'],
  ['optional', undefined],
])('a signed request without a binding message, with CIBA_BINDING_MESSAGE=%s', async (setting, error) => {
  const plan = await startPlan({ CIBA_BINDING_MESSAGE: setting });
  const answer = await callBackchannel(plan.first, { parameters: { binding_message: undefined } });
  await plan.stop();
  expect(answer.body['error']).toBe(error);
  if (error === undefined) expectAsked(answer);
});
