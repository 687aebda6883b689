import type { ErrorRequestHandler, Express, RequestHandler, Response } from 'express';
import express from 'express';
import { errorText, formatDuration } from '@etcd-ts/daemon';
import type { Logger } from '@etcd-ts/foundation';
import type { DiscoveryMetrics, Endpoint } from '../metrics.js';
import type { TokenStore } from '../registry/token-store.js';
import { StoreUnavailableError } from '../registry/token-store.js';
import { homePage } from './home-page.js';
import type { LongPolls } from './long-polls.js';
import { newRoute } from './new-route.js';
import type { PublicAddress } from './public-address.js';
import type { RateLimiter } from './rate-limiter.js';
import { tokenRoutes } from './token-routes.js';
import { errorAnswer } from './v2-body.js';
import { sendV2 } from './v2-response.js';

export interface DiscoveryAppParts {
  readonly store: TokenStore;
  readonly polls: LongPolls;
  readonly metrics: DiscoveryMetrics;
  readonly logger: Logger;
  readonly address: PublicAddress;
  readonly limits: {
    readonly newTokens: RateLimiter;
    readonly requests: RateLimiter;
    readonly maxSize: number;
  };
  readonly ttlMs: number;
  readonly trustedProxies: number;
}

const ROBOTS = 'User-agent: *\nDisallow: /\n';

export function createDiscoveryApp(parts: DiscoveryAppParts): Express {
  const { store, metrics, address, limits, ttlMs } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', parts.trustedProxies);
  app.set('query parser', 'simple');
  app.use((_request, response, next) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    next();
  });

  app.get('/', (request, response) => {
    const facts = { origin: address.origin(request), ttl: formatDuration(ttlMs) };
    const hasV3 = address.v3Endpoints.length > 0;
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.type('html').send(homePage({ ...facts, maxSize: limits.maxSize, hasV3 }));
  });
  app.get('/robots.txt', (_request, response) => void response.type('text/plain').send(ROBOTS));
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics.page();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
  app.get('/health', counted(metrics, 'health'), limited(parts, 'requests'), healthRoute(store));

  const form = express.urlencoded({ extended: false, limit: '1kb' });
  const create = newRoute({ ...parts, maxSize: limits.maxSize });
  const newHandlers = [counted(metrics, 'new'), limited(parts, 'newTokens'), form, create];
  for (const method of ['get', 'put', 'post'] as const) app[method]('/new', ...newHandlers);

  app.use(TOKEN_PATH, counted(metrics, 'token'), limited(parts, 'requests'));
  app.use(tokenRoutes(parts));
  app.use((_request, response) => void response.status(404).type('text/plain').send('not found\n'));
  app.use(answerError(parts.logger));
  return app;
}

const TOKEN_PATH = /^\/[a-f0-9]{32}(?=\/|$)/u;

const healthRoute =
  (store: TokenStore): RequestHandler =>
  async (_request, response) => {
    response.type('text/plain').setHeader('Cache-Control', 'no-store');
    try {
      await store.probe();
    } catch (error) {
      response.status(503).end(`storage is not available: ${errorText(error)}\n`);
      return;
    }
    response.end('OK');
  };

const counted =
  (metrics: DiscoveryMetrics, endpoint: Endpoint): RequestHandler =>
  ({ method }, response, next) => {
    response.once('close', () => metrics.answered(endpoint, response.statusCode, method));
    next();
  };

/**
 * People who ask too often for tokens are told so. Members in a hurry are told "later" in the one
 * way that etcd's client understands: anything but a 5xx ends its start.
 */
function limited(
  { limits, metrics }: DiscoveryAppParts,
  kind: 'newTokens' | 'requests',
): RequestHandler {
  return (request, response, next) => {
    const waitSeconds = limits[kind].take(request.ip ?? '');
    if (waitSeconds === 0) return next();
    metrics.rejected('rate');
    if (kind === 'requests')
      return sendV2(response, errorAnswer('unavailable', 'too many requests'));
    response.setHeader('Retry-After', String(waitSeconds));
    refuse(response, 429, `too many tokens from your address; come back in ${waitSeconds} s\n`);
  };
}

const refuse = (response: Response, status: number, text: string): void => {
  response.status(status).type('text/plain').end(text);
};

/** Last in line: what the handlers and the parsers of express threw. */
function answerError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof StoreUnavailableError) {
      return sendV2(response, errorAnswer('unavailable', error.message));
    }
    const status = statusOf(error);
    if (status !== undefined) return sendV2(response, errorAnswer('invalidForm', errorText(error)));
    const stack = error instanceof Error ? error.stack : undefined;
    logger.error('request failed', { error: errorText(error), stack });
    sendV2(response, errorAnswer('unavailable', 'unexpected error'));
  };
}

/** Of errors that are the caller's: express marks those with a 4xx. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
