import type { Redis } from 'ioredis';

const CHANNEL = '+switch-master';

/**
 * Tells when the Sentinels have another master: one that is cut off from them, and not from us, closes no connection and
 * would be asked on. Not by the driver's `failoverDetector`: nobody takes the errors of its connections
 * (redis/ioredis#1600), nor the refusal when they subscribe again, so a Sentinel that came back slowly ended the process.
 * Returns what ends it.
 */
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
