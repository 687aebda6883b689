import type { RequestListener, ServerResponse } from 'node:http';
import type { Client } from '@etcd-ts/client';
import type { Logger } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { GrpcProxyConfig } from '../config.js';
import { memberMetrics } from './member-metrics.js';
import type { Health } from './proxy-health.js';
import { clusterHealth, proxyHealth } from './proxy-health.js';

export interface PagesParts {
  readonly client: Client;
  readonly clusterTls: GrpcProxyConfig['clusterTls'];
  readonly metrics: EtcdMetrics;
  readonly logger: Logger;
}

interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
}

const TEXT = 'text/plain; charset=utf-8';

/** Health and metrics, of the cluster and (below /proxy) of the proxy itself. */
export function proxyPages(parts: PagesParts): RequestListener {
  return (request, response) => {
    request.resume();
    const path = (request.url ?? '/').replace(/\?.*$/su, '');
    const page = pageAt(parts, path);
    if (page === undefined) return show(response, plain(404, '404 page not found\n'));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET');
      return show(response, plain(405, 'Method Not Allowed\n'));
    }
    page().then(
      (made) => show(response, made),
      (error: unknown) => {
        parts.logger.warn('failed to make a page', { path, error: String(error) });
        show(response, plain(500, 'Internal server error\n'));
      },
    );
  };
}

function pageAt(parts: PagesParts, path: string): (() => Promise<Page>) | undefined {
  const { client, clusterTls, metrics } = parts;
  switch (path) {
    case '/health':
      return async () => healthPage(await clusterHealth(client));
    case '/proxy/health':
      return async () => healthPage(await proxyHealth(client));
    case '/metrics':
      return async () => ({
        status: 200,
        ...(await memberMetrics(client.endpoints, clusterTls?.())),
      });
    case '/proxy/metrics':
      return async () => {
        const { contentType, text } = await metrics.scrape();
        return { status: 200, contentType, body: text };
      };
    default:
      return undefined;
  }
}

function healthPage(health: Health): Page {
  const isHealthy = health.health === 'true';
  const body = `${JSON.stringify(health)}${isHealthy ? '' : '\n'}`;
  return { status: isHealthy ? 200 : 503, contentType: TEXT, body };
}

const plain = (status: number, body: string): Page => ({ status, contentType: TEXT, body });

function show(response: ServerResponse, { status, contentType, body }: Page): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
