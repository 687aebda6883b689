import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './reply.js';
import type { BodyReader } from './request-body.js';
import type { Target } from './target.js';

/** One request and the way to its answer. */
export interface Exchange {
  readonly method: string;
  readonly target: Target;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bodies: BodyReader;
}

/** Undefined: the answer was, or is being, written. */
export type Answer = Reply | undefined;

export function send({ method, request, response }: Exchange, reply: Reply): void {
  if (response.destroyed || response.writableEnded) return;
  const { body } = reply;
  response.writeHead(reply.status, {
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    ...(request.complete ? {} : { Connection: 'close' }),
  });
  // As text it goes to the socket in one write with the headers; as bytes it would take two.
  response.end(method === 'HEAD' || reply.status === 204 ? undefined : body, () => {
    // What is left of a refused body would be taken for the next request.
    if (!request.complete) request.destroy();
  });
}

/** The media type of a request's body, without its parameters. */
export function contentType(request: IncomingMessage): string {
  return request.headers['content-type'] ?? '';
}
