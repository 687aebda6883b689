import type { IncomingMessage, ServerResponse } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import type { Logger } from '@etcd-ts/foundation';
import { must } from '@etcd-ts/foundation';
import type { BoundMethod, BoundService, ByteSink, CallContext } from '@etcd-ts/rpc';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { ApiHandler } from '../listener.js';
import { cleanPath, parseTarget } from '../query.js';
import { formatMessage, invalid, parseMessage } from './json-message.js';
import { JsonValues } from './json-values.js';
import { requestCall } from './request-call.js';
import { JSON_ROUTES } from './routes.js';
import type { JsonRoute } from './routes.js';
import { asEtcdError, httpStatusOf, statusJson } from './status.js';

const PREFIX = '/v3/';
/** The path of 3.3. */
const BETA_PREFIX = '/v3beta/';
const HEADERS = {
  'Content-Type': 'application/json',
  'Grpc-Metadata-Content-Type': 'application/grpc',
};
/** Base64 makes four bytes of three, and there are names and white space besides. */
const JSON_EXPANSION = 2;

export interface JsonGatewayParts {
  readonly services: readonly BoundService[];
  /** Of one message on the wire, as for gRPC. */
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}

/**
 * The gRPC services as JSON over HTTP: `POST /v3/...`. Calls go to the handlers that gRPC's own go to,
 * in this process. Streams are answered with a line for each message.
 */
export class JsonGateway implements ApiHandler {
  readonly #parts: JsonGatewayParts;
  readonly #methods: ReadonlyMap<string, BoundMethod>;

  constructor(parts: JsonGatewayParts) {
    this.#parts = parts;
    const methods = parts.services.flatMap((service) => service.methods);
    this.#methods = new Map(methods.map((method) => [method.path, method]));
  }

  claims(rawTarget: string): boolean {
    return pathOf(rawTarget) !== undefined;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#serve(request, response).catch((error: unknown) => {
      this.#parts.logger.warn('a JSON request failed', { path: request.url, error: String(error) });
      response.destroy();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = JSON_ROUTES.get(pathOf(request.url ?? '') ?? '');
    if (route === undefined) return refuse(request, response, NOT_FOUND);
    if (request.method !== 'POST') return refuse(request, response, METHOD_NOT_ALLOWED);
    const bound = must(this.#methods.get(route.method), () => `no handler for ${route.method}`);
    const call = requestCall(route.method, request, response);
    if (bound.type === 'unary') return this.#unary(bound, route, call, request, response);
    const lines = new ResultLines(route, response, call);
    try {
      const messages = this.#messages(route, request);
      if (bound.type === 'bidi_stream') await bound.handle(messages, call, lines);
      else await bound.handle(await this.#firstOf(messages, route), call, lines);
      lines.end();
    } catch (error) {
      request.resume();
      lines.fail(asEtcdError(error));
    }
  }

  async #unary(
    bound: Extract<BoundMethod, { type: 'unary' }>,
    route: JsonRoute,
    call: CallContext,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const message = await this.#firstOf(this.#messages(route, request), route);
      const answer = await bound.handle(message, call);
      const body = JSON.stringify(formatMessage(route.responseType, answer));
      if (response.destroyed) return;
      response.writeHead(200, { ...HEADERS, 'Content-Length': Buffer.byteLength(body) });
      response.end(body);
    } catch (error) {
      refuse(request, response, asEtcdError(error));
    }
  }

  /** Of a method that takes one: what follows it is not looked at, and nothing is the empty message. */
  async #firstOf(messages: AsyncIterable<Uint8Array>, route: JsonRoute): Promise<Uint8Array> {
    for await (const message of messages) return message;
    return encode(route, parseMessage(route.requestType, '{}'));
  }

  /** Marshalled, as they come. */
  async *#messages(route: JsonRoute, body: IncomingMessage): AsyncGenerator<Uint8Array> {
    const maxCharacters = this.#parts.maxMessageBytes * JSON_EXPANSION;
    const decoder = new StringDecoder('utf8');
    const values = new JsonValues();
    // Not destroyed when left early: the answer goes the other way on the same socket.
    const chunks: AsyncIterable<Buffer> = body.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      for (const json of values.feed(decoder.write(chunk))) {
        yield this.#fitting(encode(route, parseMessage(route.requestType, json)));
      }
      if (values.rest.length > maxCharacters) throw tooLarge(values.rest.length, maxCharacters);
    }
    const rest = values.rest.trim();
    if (rest === '' || rest === 'null') return;
    // Not a whole value: the parser says what is wrong.
    yield this.#fitting(encode(route, parseMessage(route.requestType, rest)));
    throw invalid('unexpected EOF');
  }

  #fitting(message: Uint8Array): Uint8Array {
    const { maxMessageBytes } = this.#parts;
    if (message.length > maxMessageBytes) throw tooLarge(message.length, maxMessageBytes);
    return message;
  }
}

/** In its clean form and below /v3; undefined when it is another API's. */
function pathOf(rawTarget: string): string | undefined {
  const path = parseTarget(rawTarget)?.path;
  if (path === undefined || cleanPath(path) !== path) return undefined;
  if (path.startsWith(BETA_PREFIX)) return PREFIX + path.slice(BETA_PREFIX.length);
  return path.startsWith(PREFIX) ? path : undefined;
}

const encode = ({ requestType }: JsonRoute, message: unknown): Uint8Array =>
  requestType.encode(message as never).finish();

const NOT_FOUND = new EtcdError({ code: GrpcStatus.NotFound, message: 'Not Found' });
const METHOD_NOT_ALLOWED = new EtcdError({
  code: GrpcStatus.Unimplemented,
  message: 'Method Not Allowed',
});
const tooLarge = (bytes: number, max: number): EtcdError =>
  new EtcdError({
    code: GrpcStatus.ResourceExhausted,
    message: `grpc: received message larger than max (${bytes} vs. ${max})`,
  });

function refuse(request: IncomingMessage, response: ServerResponse, error: EtcdError): void {
  // What still comes is taken off the connection so that the next request can.
  request.resume();
  if (response.destroyed) return;
  const body = JSON.stringify(statusJson(error));
  response.writeHead(httpStatusOf(error), {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** `{"result":...}` a line; an error is the last one, and the status too if nothing came before. */
class ResultLines implements ByteSink {
  readonly #route: JsonRoute;
  readonly #response: ServerResponse;
  readonly #call: CallContext;

  constructor(route: JsonRoute, response: ServerResponse, call: CallContext) {
    this.#route = route;
    this.#response = response;
    this.#call = call;
  }

  write(bytes: Uint8Array, rest?: Uint8Array): boolean {
    if (this.#response.destroyed) return false;
    this.#begin(200);
    const message = rest === undefined ? bytes : Buffer.concat([bytes, rest]);
    const result = formatMessage(this.#route.responseType, message);
    return this.#response.write(`${JSON.stringify({ result })}\n`);
  }

  drained(): Promise<void> {
    const { signal } = this.#call;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (!this.#response.writableNeedDrain) return resolve();
      const gone = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', gone, { once: true });
      this.#response.once('drain', () => {
        signal.removeEventListener('abort', gone);
        resolve();
      });
    });
  }

  end(): void {
    this.#begin(200);
    this.#response.end();
  }

  fail(error: EtcdError): void {
    if (this.#response.destroyed) return;
    this.#begin(httpStatusOf(error));
    this.#response.end(`${JSON.stringify({ error: statusJson(error) })}\n`);
  }

  #begin(status: number): void {
    if (!this.#response.headersSent) this.#response.writeHead(status, HEADERS);
  }
}
