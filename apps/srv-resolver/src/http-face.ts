import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type HttpRoutes = Readonly<
  Record<string, (query: URLSearchParams) => HttpReply | Promise<HttpReply>>
>;

export const textReply = (status: number, body: string): HttpReply => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body,
});

export const jsonReply = (status: number, value: unknown): HttpReply => ({
  status,
  contentType: 'application/json',
  body: `${JSON.stringify(value)}\n`,
});

/** GET only, by path. A server that does not listen by itself. */
export function createHttpFace(routes: HttpRoutes, onError: (error: unknown) => void): Server {
  return createServer((request, response) => {
    answer(routes, request).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        onError(error);
        send(response, textReply(500, 'internal error\n'));
      },
    );
  });
}

async function answer(routes: HttpRoutes, request: IncomingMessage): Promise<HttpReply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return textReply(405, 'only GET is served here\n');
  }
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  return route === undefined ? textReply(404, 'not found\n') : route(new URLSearchParams(query));
}

function send(response: ServerResponse, { status, contentType, body }: HttpReply): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}
