import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Logger } from '@etcd-ts/foundation';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { ApiHandler } from '../listener.js';
import { cleanPath, parseTarget } from '../query.js';
import { HttpOutput, refuse } from './http-output.js';
import { JsonCalls } from './json-calls.js';
import type { JsonCallsParts } from './json-calls.js';
import { requestCall } from './request-call.js';
import { WebSocketCalls } from './web-socket-calls.js';

const PREFIX = '/v3/';
/** The path of 3.3. */
const BETA_PREFIX = '/v3beta/';

export interface JsonGatewayParts extends JsonCallsParts {
  readonly logger: Logger;
}

/**
 * The gRPC services as JSON over HTTP: `POST /v3/...`. Calls go to the handlers that gRPC's own go to,
 * in this process. Streams are answered with a line for each message, or over a WebSocket.
 */
export class JsonGateway implements ApiHandler {
  readonly #logger: Logger;
  readonly #calls: JsonCalls;
  readonly #webSockets: WebSocketCalls;

  constructor(parts: JsonGatewayParts) {
    this.#logger = parts.logger;
    this.#calls = new JsonCalls(parts);
    this.#webSockets = new WebSocketCalls(this.#calls, parts.logger);
  }

  claims(rawTarget: string): boolean {
    return pathOf(rawTarget) !== undefined;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#serve(request, response).catch((error: unknown) => {
      this.#logger.warn('a JSON request failed', { path: request.url, error: String(error) });
      response.destroy();
    });
  }

  /** Takes a connection over that asks for a WebSocket here; false: it is nothing for this. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const method = this.#calls.find(pathOf(request.url ?? '') ?? '');
    if (method === undefined) return false;
    return this.#webSockets.accept(method, request, socket, head);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = this.#calls.find(pathOf(request.url ?? '') ?? '');
    if (method === undefined) return refuse(request, response, NOT_FOUND);
    if (request.method !== 'POST') return refuse(request, response, METHOD_NOT_ALLOWED);
    const call = requestCall(method.route.method, request, response);
    const output = new HttpOutput(request, response, call.signal);
    await this.#calls.run(method, textOf(request), call, output);
  }
}

async function* textOf(body: IncomingMessage): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  // Not destroyed when left early: the answer goes the other way on the same socket.
  const chunks: AsyncIterable<Buffer> = body.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) yield decoder.write(chunk);
}

/** In its clean form and below /v3; undefined when it is another API's. */
function pathOf(rawTarget: string): string | undefined {
  const path = parseTarget(rawTarget)?.path;
  if (path === undefined || cleanPath(path) !== path) return undefined;
  if (path.startsWith(BETA_PREFIX)) return PREFIX + path.slice(BETA_PREFIX.length);
  return path.startsWith(PREFIX) ? path : undefined;
}

const NOT_FOUND = new EtcdError({ code: GrpcStatus.NotFound, message: 'Not Found' });
const METHOD_NOT_ALLOWED = new EtcdError({
  code: GrpcStatus.Unimplemented,
  message: 'Method Not Allowed',
});
