import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** Opens a connection to the server at an origin; a reset is no error, it is one way to be closed. */
export async function openSocket(origin: string): Promise<Socket> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends the text as it stands, one byte a character, and reads until the server closes. */
export async function sendRaw(origin: string, text: string): Promise<string> {
  const socket = await openSocket(origin);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  const close = once(socket, 'close');
  socket.write(Buffer.from(text, 'latin1'));
  await close;
  return answer;
}
