import { until, freePorts } from '@mandate/testing';
import { type Balancer, startBalancer } from './balancer.js';
import { type ServiceName, type SpawnedService, spawnService } from './spawned-service.js';

/** Six processes start at once, on a machine that has other work. */
const START_SECONDS = 180;

/** One stop of one replica. */
export interface Stop {
  exitCode: number | null;
  seconds: number;
}

/** Two replicas of a service, each a process of its own, behind a balancer at `url`. */
export interface ReplicatedService {
  url: string;
  balancer: Balancer;
  /** Replaces each replica in turn: SIGTERM, gone, started anew, ready. */
  restart(): Promise<Stop[]>;
  close(): Promise<void>;
}

/** Starts both replicas with this environment; `port` is the balancer's. */
export async function startReplicated(
  name: ServiceName,
  port: number,
  env: Record<string, string>,
): Promise<ReplicatedService> {
  const ports = await freePorts(2);
  const balancer = await startBalancer(port, ports);
  const spawn = (replicaPort: number): SpawnedService =>
    spawnService(name, { ...env, PORT: String(replicaPort), MANAGEMENT_PORT: '0', LOG_LEVEL: 'warn' });
  const becomesReady = (replicaPort: number): Promise<void> =>
    until(() => balancer.isReady(replicaPort), { deadlineSeconds: START_SECONDS });
  const replicas = new Map(ports.map((replicaPort) => [replicaPort, spawn(replicaPort)]));
  await Promise.all(ports.map(becomesReady));

  const replace = async (replicaPort: number, replica: SpawnedService): Promise<Stop> => {
    const startMs = performance.now();
    replica.child.kill('SIGTERM');
    const exitCode = await replica.exit;
    const seconds = (performance.now() - startMs) / 1000;
    replicas.set(replicaPort, spawn(replicaPort));
    await becomesReady(replicaPort);
    return { exitCode, seconds };
  };
  return {
    url: `http://127.0.0.1:${port}`,
    balancer,
    async restart() {
      const stops: Stop[] = [];
      for (const [replicaPort, replica] of [...replicas]) stops.push(await replace(replicaPort, replica));
      return stops;
    },
    async close() {
      for (const { child } of replicas.values()) child.kill('SIGKILL');
      await balancer.close();
    },
  };
}
