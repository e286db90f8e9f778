import { openamServer, startRealPart } from '@mandate/testing';
import { setUpPublishedAm } from './openam-setup.js';
import type { SpawnedTrio } from '../end-to-end/spawned-service.js';
import { startPublishedTrio } from './published-services.js';

/** The originals' users' world: a real AM where there is one, and a trio for each environment that requests are for. */
export interface PublishedWorld {
  am: string;
  adminPassword: string;
  /** Without an AM what needs one cannot be shown. */
  hasAm: boolean;
  trios: { yaml?: SpawnedTrio; consul?: SpawnedTrio };
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Finds the AM; nothing is started yet. */
export async function findPublishedWorld(): Promise<PublishedWorld> {
  const part = await startRealPart(openamServer, process.env);
  const adminPassword = process.env['AMADMIN_PASSWORD'] ?? 'Amadmin-pass-1';
  const am = part?.address ?? 'http://127.0.0.1:9/openam';
  const trios: PublishedWorld['trios'] = {};
  return {
    am,
    adminPassword,
    hasAm: part !== undefined,
    trios,
    async start() {
      if (part !== undefined) await setUpPublishedAm(am, adminPassword);
      const [yaml, consul] = await Promise.all([
        startPublishedTrio('yaml', { am, adminPassword }),
        startPublishedTrio('consul-export', { am, adminPassword }),
      ]);
      Object.assign(trios, { yaml, consul });
    },
    async stop() {
      trios.yaml?.stop();
      trios.consul?.stop();
      await part?.stop();
    },
  };
}

/** One service of the trio with the environment of the manifests. */
export function yamlUrl({ trios }: PublishedWorld, name: keyof SpawnedTrio['urls']): string {
  const url = trios.yaml?.urls[name];
  if (url === undefined) throw new Error('not started');
  return url;
}
