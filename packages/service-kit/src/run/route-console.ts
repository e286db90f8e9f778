import type { Logger } from '../observe/logger.js';

const METHODS = ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const;

/**
 * Keeps all but the logger from writing among its lines: what a library prints, and warnings of the process, become a
 * line that says where it came from. Not what: a driver's text may hold a key or an argument.
 */
export function routeConsole(logger: Logger): void {
  for (const method of METHODS) {
    const place = (): void => logger.warn('a library wrote to the console', { err: new Error(method) });
    Object.defineProperty(console, method, { value: place, configurable: true, writable: true });
  }
  process.removeAllListeners('warning');
  process.on('warning', (warning) => logger.warn('process warning', { err: warning }));
}
