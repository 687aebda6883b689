import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from '@etcd-ts/foundation';
import { corsHeaders, refusalOf } from './access.js';
import type { AccessOptions } from './access.js';
import { failure, movedTo, notFound } from './answer.js';
import type { Answer } from './answer.js';
import { checksAt, runChecks } from './checks.js';
import { health } from './health.js';
import type { HealthObserver, NodeStatus } from './node-status.js';
import { debugVariables, version } from './pages.js';
import { cleanPath, parseTarget } from './query.js';
import type { Target } from './query.js';

export interface HttpFace {
  readonly node: NodeStatus;
  readonly observer: HealthObserver;
  readonly logger: Logger;
}

/** Another API behind the same checks: it reads its requests, bodies too, and answers them itself. */
export interface ApiHandler {
  /** By the target as it came. */
  claims(rawTarget: string): boolean;
  /** Headers that are set on the response already are kept. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

type Route = (target: Target) => Answer | Promise<Answer>;

/** The HTTP/1.1 half of a client URL, behind the origin and host checks. */
export function clientListener(
  face: HttpFace,
  access: AccessOptions,
  apis: readonly ApiHandler[] = [],
): RequestListener {
  const pages = clientPages(face, access);
  return (request, response) => {
    const isPreflight = request.method === 'OPTIONS';
    const api = isPreflight ? undefined : apis.find((each) => each.claims(request.url ?? '/'));
    if (api === undefined || refusalOf(access, request) !== undefined) {
      return pages(request, response);
    }
    const headers = corsHeaders(access, request.headers.origin);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    api.handle(request, response);
  };
}

function clientPages(face: HttpFace, access: AccessOptions): RequestListener {
  return listener(face.logger, async (request) => {
    const refused = refusalOf(access, request);
    if (refused !== undefined) return refused;
    const headers = corsHeaders(access, request.headers.origin);
    const answer =
      request.method === 'OPTIONS'
        ? { status: 200, headers: {}, body: '' }
        : await respond(request, (target) => clientRoute(face, target));
    return { ...answer, headers: { ...headers, ...answer.headers } };
  });
}

/** What a URL of --listen-metrics-urls serves: metrics and health, nothing a browser would need. */
export function metricsListener(face: HttpFace): RequestListener {
  return listener(face.logger, (request) =>
    respond(request, (target) => healthRoute(face, target)),
  );
}

export interface Matched {
  /** Whether methods other than GET are refused; /metrics answers all of them, as Go's does. */
  readonly onlyGet: boolean;
  readonly answer: Route;
}

export const onGet = (answer: Route): Matched => ({ onlyGet: true, answer });

function clientRoute(face: HttpFace, target: Target): Matched | undefined {
  if (target.path === '/version') return onGet(() => version(face.node));
  if (target.path === '/debug/vars') return onGet(() => debugVariables(face.node));
  return healthRoute(face, target);
}

function healthRoute({ node, observer, logger }: HttpFace, target: Target): Matched | undefined {
  if (target.path === '/health') return onGet(({ query }) => health(node, query, observer, logger));
  if (target.path === '/metrics') return { onlyGet: false, answer: () => metrics(node) };
  const checks = checksAt(target.path);
  if (checks === undefined) return undefined;
  return onGet(({ query }) => runChecks(node, checks, query, observer, logger));
}

async function metrics(node: NodeStatus): Promise<Answer> {
  const { contentType, text } = await node.scrapeMetrics();
  return { status: 200, headers: { 'Content-Type': contentType }, body: text };
}

export async function respond(
  request: IncomingMessage,
  route: (target: Target) => Matched | undefined,
): Promise<Answer> {
  const target = parseTarget(request.url ?? '/');
  if (target === undefined) return badRequest();
  const clean = cleanPath(target.path);
  if (clean !== target.path) return movedTo(encodeURI(clean) + target.rawQuery);
  const matched = route(target);
  if (matched === undefined) return notFound();
  if (matched.onlyGet && request.method !== 'GET') {
    return failure(405, 'Method Not Allowed', { Allow: 'GET' });
  }
  return matched.answer(target);
}

const badRequest = (): Answer => ({
  status: 400,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' },
  body: '400 Bad Request',
});

export function listener(
  logger: Logger,
  answerTo: (request: IncomingMessage) => Promise<Answer>,
  body: 'ignored' | 'read' = 'ignored',
): RequestListener {
  return (request, response) => {
    // What comes is taken off the connection so that the next request can.
    if (body === 'ignored') request.resume();
    answerTo(request)
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error : String(error);
        logger.error('HTTP request failed', { path: request.url, error: reason });
        return failure(500, 'Internal Server Error');
      })
      .then((answer) => send(response, request.method === 'HEAD', answer))
      .catch((error: unknown) => {
        logger.warn('HTTP answer could not be sent', { error: String(error) });
        response.destroy();
      });
  };
}

function send(response: ServerResponse, headOnly: boolean, answer: Answer): void {
  if (response.destroyed) return;
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': body.length });
  response.end(headOnly ? undefined : body);
}
