import type { RealPartWay } from './start-real-part.js';

/** A container that gives a part: `{host}` and `{port}` of the address are filled in with the mapped ones. */
export interface ContainerOptions {
  image: string;
  /** The environment variable that names another image, for machines that cannot pull the default. */
  imageVariable: string;
  port: number;
  command?: readonly string[];
  /** How it says that it is ready: a line of its output, or a path that answers. Images without a shell tell no more. */
  ready: { line: RegExp } | { path: string };
  address(host: string, port: number): string;
}

const START_MS = 180_000;

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
        .withWaitStrategy(
          'line' in options.ready
            ? Wait.forLogMessage(options.ready.line)
            : Wait.forHttp(options.ready.path, options.port),
        )
        .withStartupTimeout(START_MS)
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
