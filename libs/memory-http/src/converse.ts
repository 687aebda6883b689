import type { Server } from 'node:http';
import { duplexPair } from 'node:stream';

/**
 * Turns of the event loop without a byte, after which nobody is believed to be about to say more.
 * Whatever is answered without a thread or a disk is answered in a few.
 */
const PATIENCE_TURNS = 200;

export interface Conversation {
  /** Everything the server has said. */
  readonly bytes: Buffer;
  /** The server has ended the connection: else it is one that was waiting, and has been hung up. */
  readonly ended: boolean;
}

/**
 * Says these bytes to an HTTP server and then nothing more, without a port: it need not listen.
 * `patienceTurns`: of the event loop, in which nothing comes before the client hangs up.
 */
export async function converse(
  server: Server,
  bytes: Uint8Array,
  patienceTurns = PATIENCE_TURNS,
): Promise<Conversation> {
  // A client that has said everything still wants its answers.
  Object.assign(server, { httpAllowHalfOpen: true });
  const [client, served] = duplexPair();
  const said: Buffer[] = [];
  let ended = false;
  client.on('data', (chunk: Buffer) => said.push(chunk));
  client.on('error', () => (ended = true));
  for (const event of ['end', 'close'] as const) client.once(event, () => (ended = true));
  served.on('error', () => (ended = true));
  served.once('close', () => (ended = true));
  server.emit('connection', Object.assign(served, SOCKET));
  client.end(bytes);
  let heard = 0;
  for (let idle = 0; !ended && idle < patienceTurns; idle++) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    if (said.length > heard) idle = 0;
    heard = said.length;
  }
  client.destroy();
  served.destroy();
  return { bytes: Buffer.concat(said), ended };
}

/** What a handler may ask of the socket of a request. */
const SOCKET = {
  remoteAddress: '127.0.0.1',
  remotePort: 1,
  localAddress: '127.0.0.1',
  localPort: 2,
  setKeepAlive: () => undefined,
  setNoDelay: () => undefined,
  setTimeout: () => undefined,
};
