import type { IncomingMessage } from 'node:http';
import { OAuthError } from '@mandate/oauth';

/** Largest request body in bytes. */
const MAX_BODY_BYTES = 65_536;

/**
 * Reads a request body of at most 64 KiB.
 * @throws OAuthError with status 413 beyond that (the connection is closed), 415 for a content encoding.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw refusal(415, 'The request must not have a content encoding');
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  return collect(request);
}

function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData);
      request.resume();
      reject(tooLarge());
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('close', () => {
      if (!request.readableEnded) reject(refusal(400, 'The request body ended early'));
    });
  });
}

function tooLarge(): OAuthError {
  return refusal(413, 'The request body is larger than 64 KiB', { Connection: 'close' });
}

function refusal(status: number, description: string, headers: Record<string, string> = {}): OAuthError {
  return new OAuthError('invalid_request', description, { status, headers });
}
