import { afterAll, describe } from '@jest/globals';
import { redisServer, startRealPart } from '@mandate/testing';

const redis = await startRealPart(redisServer, process.env);
afterAll(() => redis?.stop());

export const url = redis?.address ?? '';
export const port = Number(new URL(url === '' ? 'redis://h:1' : url).port);

/** For suites that need one real Redis, whoever runs it; without one they are skipped, with a printed reason, or fail in CI. */
export const withRealRedis = redis === undefined ? describe.skip : describe;
