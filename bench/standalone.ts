import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const [PORT, MANAGEMENT_PORT] = ['18900', '18901'];

/** Starts the built standalone as a process of its own, quiet and without its demonstration, and waits until it serves. */
export async function spawnStandalone(
  keysDirectory: string,
  more: Record<string, string> = {},
): Promise<{ url: string; managementUrl: string; pid: number; stop(): void }> {
  const settings = {
    LOG_LEVEL: 'error',
    AUDIT_SINK: 'off',
    RATE_LIMIT: 'off',
    DEMONSTRATION: 'off',
    DEVELOPMENT_KEYS_DIRECTORY: keysDirectory,
  };
  const child = spawn(process.execPath, ['services/standalone/dist/main.js'], {
    cwd: root,
    env: { ...process.env, ...settings, ...more, PORT, MANAGEMENT_PORT },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((ready, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (/Mandate \S+ is ready/.test(chunk.toString())) ready();
    });
    child.once('exit', (code) =>
      reject(new Error(`the standalone ended with ${code ?? 'a signal'}; run npm run build`)),
    );
  });
  const managementUrl = `http://127.0.0.1:${MANAGEMENT_PORT}`;
  const { pid = 0 } = child;
  return { url: `http://127.0.0.1:${PORT}`, managementUrl, pid, stop: () => void child.kill() };
}
