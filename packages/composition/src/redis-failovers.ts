import type { Redis } from 'ioredis';

const CHANNEL = '+switch-master';

/**
 * Tells when the Sentinels have another master: one that is cut off from them, and not from us, closes no connection and
 * would be asked on. Returns what ends it.
 */
// In place of the driver's `failoverDetector`, whose connections have nobody to take their errors (redis/ioredis#1600) and
// who subscribe again with nobody to take the refusal: the process ended when a Sentinel that was back did not answer in time.
export function watchFailovers(sentinels: readonly Redis[], master: string, onFailover: () => void): () => void {
  let last = '';
  for (const sentinel of sentinels) {
    sentinel.on('error', () => undefined);
    // A refusal is this Sentinel's alone; one whose connection was lost subscribes again on the next.
    sentinel.on('ready', () => void sentinel.subscribe(CHANNEL).catch(() => undefined));
    sentinel.on('message', (_channel: string, text: string) => {
      // `MASTER OLD-HOST OLD-PORT NEW-HOST NEW-PORT`; each Sentinel says so.
      if (!text.startsWith(`${master} `) || text === last) return;
      last = text;
      onFailover();
    });
    sentinel.connect().catch(() => undefined);
  }
  return () => sentinels.forEach((sentinel) => sentinel.disconnect());
}
