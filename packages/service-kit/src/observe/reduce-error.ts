import { types } from 'node:util';
import { scrub } from './scrub.js';

const MAX_FRAMES = 12;
const CODE = /^[\w.-]{1,64}$/;

/** What a log line may say of an error: class, code and stack frames. Never its message, which may quote input. */
export function reduceError(error: unknown): Record<string, string> {
  if (!types.isNativeError(error)) return { errorClass: typeof error };
  const { code } = error as { code?: unknown };
  const frames = stackFrames(error);
  return {
    errorClass: scrub(error.name).slice(0, 64),
    ...(typeof code === 'string' && CODE.test(code) && { errorCode: scrub(code) }),
    ...(frames.length > 0 && { frames: scrub(frames.join(' < ')) }),
  };
}

function stackFrames(error: Error): string[] {
  const stack = error.stack ?? '';
  const end = error.message === '' ? -1 : stack.indexOf(error.message);
  const afterMessage = end === -1 ? stack : stack.slice(end + error.message.length);
  const lines = afterMessage.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.startsWith('at ')).slice(0, MAX_FRAMES);
}
