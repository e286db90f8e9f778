import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

export const SERVICES = ['authentication', 'token-validation', 'token-exchange'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** The image of a service, as `.ci/docker up` names it. */
export const imageOf = (service: ServiceName): string => `mandate/${service}:ci`;

const execute = promisify(execFile);

/** Runs a program and gives its standard output. @throws Error with what it printed, when it ends with anything but 0 */
export async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  return (await execute(program, [...args], options)).stdout.trim();
}

/** The Docker client. */
export const docker = (...args: readonly string[]): Promise<string> => run('docker', args);

const imageConfig = z.looseObject({
  Size: z.number(),
  Config: z.looseObject({
    User: z.string(),
    Entrypoint: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()),
    Labels: z.record(z.string(), z.string()),
    StopSignal: z.string(),
    ExposedPorts: z.record(z.string(), z.unknown()),
    Healthcheck: z.looseObject({ Test: z.array(z.string()) }),
  }),
});

/** What an image says of itself; its size is in bytes. */
export async function inspectImage(image: string): Promise<z.output<typeof imageConfig>> {
  return z.tuple([imageConfig]).parse(JSON.parse(await docker('image', 'inspect', image)))[0];
}
