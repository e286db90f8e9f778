import { afterAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { redisServer } from '../../src/real-parts/redis-server.js';
import { startRealPart } from '../../src/real-parts/start-real-part.js';

const redis = await startRealPart(redisServer, process.env);
afterAll(() => redis?.stop());

(redis === undefined ? describe.skip : describe)('a real Redis', () => {
  it('answers at the address it was started on', async () => {
    const { hostname, port } = new URL(redis?.address ?? '');
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write('ECHO mandate\r\n'));
      socket.once('error', reject);
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString('utf8'));
      });
    });
    expect(answer).toBe('$7\r\nmandate\r\n');
  });
});
