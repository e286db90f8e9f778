import type { RealPartWay } from './start-real-part.js';

/** A container that gives a part: `{host}` and `{port}` of the address are filled in with the mapped ones. */
export interface ContainerOptions {
  image: string;
  /** The environment variable that names another image, for machines that cannot pull the default. */
  imageVariable: string;
  port: number;
  command?: readonly string[];
  address(host: string, port: number): string;
}

/** The way by Testcontainers, open where a Docker engine answers. */
export function inContainer(options: ContainerOptions): RealPartWay {
  return {
    name: 'Testcontainers',
    async start(env) {
      const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
      const engine = await getContainerRuntimeClient().catch(() => undefined);
      if (engine === undefined) return undefined;
      const container = await new GenericContainer(env[options.imageVariable] ?? options.image)
        .withExposedPorts(options.port)
        .withCommand([...(options.command ?? [])])
        .withWaitStrategy(Wait.forListeningPorts())
        .start();
      return {
        address: options.address(container.getHost(), container.getMappedPort(options.port)),
        stop: async () => {
          await container.stop();
        },
      };
    },
  };
}
