import { describe, expect, it } from '@jest/globals';
import { createHttpClient } from '@mandate/service-kit';
import { describeClaimsProviderContract, policyContext, policyQuestion, startLoopbackServer } from '@mandate/testing';
import { text } from 'node:stream/consumers';
import { createHttpClaimsProvider, withRecentClaims } from '../../src/index.js';

const KNOWN: Record<string, object> = { alice: { tier: 'gold', groups: ['a', 'b'] }, bob: {} };

/** A directory that knows alice and bob, and what it was asked. */
async function startDirectory() {
  const questions: Record<string, unknown>[] = [];
  const server = await startLoopbackServer((request, response) => {
    void text(request).then((body) => {
      const question = JSON.parse(body) as { subject: { sub: string } };
      questions.push({ ...question });
      const claims = KNOWN[question.subject.sub];
      response.writeHead(claims === undefined ? 500 : 200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ claims }));
    });
  });
  const http = createHttpClient({ timeoutMs: 5000 });
  const provider = createHttpClaimsProvider({ http, url: server.origin, timeoutMs: 5000 });
  return { provider, questions, close: () => server.close() };
}

const clock = () => 1_800_000_000;

describeClaimsProviderContract('over HTTP', startDirectory);
describeClaimsProviderContract('over HTTP, with recent answers kept', async () => {
  const directory = await startDirectory();
  return { ...directory, provider: withRecentClaims(directory.provider, { clock, seconds: 30 }) };
});

describe('what a claims provider is told', () => {
  it('is who is in the question and where the token is for, and no token', async () => {
    const { provider, questions, close } = await startDirectory();
    const question = policyQuestion({ resources: ['r'], audiences: ['a'], chain: [{ sub: 'agent' }] });
    await provider.claimsFor(question, policyContext());
    expect(questions).toEqual([
      {
        subject: question.subject,
        actor: null,
        chain: [{ sub: 'agent' }],
        client: question.client,
        targets: ['r', 'a'],
      },
    ]);
    await close();
  });
});

describe('answers that are kept', () => {
  it('stand for the same question alone, and for as long as they may', async () => {
    let now = 1_800_000_000;
    const { provider, questions, close } = await startDirectory();
    const recent = withRecentClaims(provider, { clock: () => now, seconds: 30 });
    const ask = (members: Parameters<typeof policyQuestion>[0]) =>
      recent.claimsFor(policyQuestion(members), policyContext());
    await ask({ resources: ['r'] });
    await ask({ resources: ['r'] });
    expect(questions).toHaveLength(1);
    await ask({ resources: ['another'] });
    await ask({ resources: ['r'], actor: { iss: 'i', sub: 'bob', claims: {} } });
    expect(questions).toHaveLength(3);
    now += 30;
    await ask({ resources: ['r'] });
    expect(questions).toHaveLength(4);
    now -= 3600;
    await ask({ resources: ['r'] });
    expect(questions).toHaveLength(5);
    await close();
  });

  it('are no failures', async () => {
    const { provider, questions, close } = await startDirectory();
    const recent = withRecentClaims(provider, { clock, seconds: 30 });
    const eve = policyQuestion({ subject: { iss: 'i', sub: 'eve', claims: {} } });
    await expect(recent.claimsFor(eve, policyContext())).rejects.toThrow();
    await expect(recent.claimsFor(eve, policyContext())).rejects.toThrow();
    expect(questions).toHaveLength(2);
    await close();
  });
});
