import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@etcd-ts/foundation';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { JsonCalls, JsonMethod } from './json-calls.js';
import { callOf } from './request-call.js';
import { WebSocketOutput } from './web-socket-output.js';
import { watchOver } from './web-socket-pulse.js';
import { textsOf } from './web-socket-texts.js';

/** With a token behind it, in the only header of a WebSocket that a page in a browser may choose. */
const BEARER = 'Bearer';

/**
 * Calls over WebSockets, one on each: what the client sends is the JSON of requests, and every
 * message it gets is an answer. The socket is closed behind the last one.
 */
export class WebSocketCalls {
  readonly #calls: JsonCalls;
  readonly #logger: Logger;
  /** Made for the first of them: most members never see one. */
  #openedServer: WebSocketServer | undefined;

  constructor(calls: JsonCalls, logger: Logger) {
    this.#calls = calls;
    this.#logger = logger;
  }

  get #server(): WebSocketServer {
    this.#openedServer ??= new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // A compressed message may be a thousand times as long as what was sent of it.
      perMessageDeflate: false,
      maxPayload: this.#calls.maxCharacters,
      handleProtocols: (names) => (names.has(BEARER) ? BEARER : false),
    });
    return this.#openedServer;
  }

  /** False: the request is for something else than a WebSocket, and nothing has happened. */
  accept(method: JsonMethod, request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return false;
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#serve(method, request, webSocket).catch((error: unknown) => {
        const fields = { path: request.url, error: String(error) };
        this.#logger.warn('a call over a WebSocket failed', fields);
        webSocket.terminate();
      });
    });
    return true;
  }

  async #serve(method: JsonMethod, request: IncomingMessage, socket: WebSocket): Promise<void> {
    const gone = watchOver(socket);
    const call = callOf(method.route.method, request, gone, authorizationOf(request));
    const output = new WebSocketOutput(socket, gone);
    await this.#calls.run(method, textsOf(socket), call, output);
  }
}

/** `Sec-WebSocket-Protocol: Bearer, TOKEN` is `Authorization: Bearer TOKEN` to the original. */
function authorizationOf({ headers }: IncomingMessage): string | undefined {
  const [name, token] = (headers['sec-websocket-protocol'] ?? '').split(',', 2);
  if (name?.trim() !== BEARER || token === undefined) return headers.authorization;
  return `${BEARER} ${token.trim()}`;
}
