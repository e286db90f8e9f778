import { text } from 'node:stream/consumers';
import { createHttpClient, createLogger } from '@mandate/service-kit';
import {
  createTestKey,
  describeAuthenticationDeviceContract,
  fixedClock,
  signTestToken,
  startLoopbackServer,
} from '@mandate/testing';
import { decodeJwt } from 'jose';
import { createDevelopmentDevice } from '../../src/backchannel/devices/development-device.js';
import { createOpenQuestions } from '../../src/backchannel/devices/open-questions.js';
import { createWebhookDevice } from '../../src/backchannel/devices/webhook-device.js';

describeAuthenticationDeviceContract('webhook', async () => {
  const questions: { sub: string; request: string }[] = [];
  let status = 202;
  const key = createTestKey('ES256');
  const app = await startLoopbackServer((request, response) => {
    void text(request).then((body) => {
      const { sub, request: name } = decodeJwt<{ request: string }>(body);
      if (status === 202 && sub !== undefined) questions.push({ sub, request: name });
      response.writeHead(status).end();
    });
  });
  const device = createWebhookDevice({
    http: createHttpClient({ timeoutMs: 20_000 }),
    url: app.origin,
    signer: { sign: (claims) => Promise.resolve(signTestToken(key, claims)) },
    issuer: 'https://as.example.com',
    clock: fixedClock(),
    timeoutMs: 20_000,
  });
  return {
    device,
    reached: () => Promise.resolve(questions),
    fail: () => void (status = 500),
    close: () => app.close(),
  };
});

describeAuthenticationDeviceContract('development', () => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ level: 'warn', service: 'test', destination });
  const questions = () =>
    lines.map(({ subject, url }) => ({
      sub: String(subject),
      request: new URL(String(url)).searchParams.get('request') ?? '',
    }));
  return Promise.resolve({
    device: createDevelopmentDevice({
      url: 'http://127.0.0.1:8080',
      logger,
      questions: createOpenQuestions({ clock: fixedClock() }),
    }),
    reached: () => Promise.resolve(questions()),
  });
});
