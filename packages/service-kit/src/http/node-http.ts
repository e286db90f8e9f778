/**
 * `node:http`. Imported as a module, each of its exports is read at once, and one of them is `WebSocket`: Node then
 * loads a second HTTP client, which takes as long as Node itself to start (45 ms of CPU on Node 24).
 */
export const { Agent, IncomingMessage, ServerResponse, createServer, request } = process.getBuiltinModule('node:http');
