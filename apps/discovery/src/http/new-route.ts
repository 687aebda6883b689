import { randomBytes } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { formatDuration } from '@etcd-ts/daemon';
import type { Logger } from '@etcd-ts/foundation';
import type { DiscoveryMetrics } from '../metrics.js';
import type { TokenStore } from '../registry/token-store.js';
import { parameter } from './parameters.js';
import type { PublicAddress } from './public-address.js';

const DEFAULT_SIZE = 3;
/** Nobody guesses one of these; who has it may join the cluster, so it is a secret. */
const TOKEN_BYTES = 16;

export interface NewRouteParts {
  readonly store: TokenStore;
  readonly metrics: DiscoveryMetrics;
  readonly logger: Logger;
  readonly address: PublicAddress;
  readonly maxSize: number;
  readonly ttlMs: number;
}

/**
 * Makes a token. The plain answer is the URL for --discovery and nothing else, so that scripts can
 * put it where it belongs; with `v=3` it is the flags of v3 discovery, and with
 * `Accept: application/json` all there is to know.
 */
export function newRoute(parts: NewRouteParts): RequestHandler {
  const { store, metrics, logger, address } = parts;
  return async (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    const sizeText = parameter(request, 'size') ?? String(DEFAULT_SIZE);
    const size = Number(sizeText);
    if (!/^\d{1,9}$/u.test(sizeText) || size < 1 || size > parts.maxSize) {
      const shown = JSON.stringify(sizeText.slice(0, 40));
      const text = `size=${shown} is not a number of members: give 1 to ${parts.maxSize}, as in /new?size=3\n`;
      return refuse(response, 400, text);
    }
    const v3Endpoints = address.v3Endpoints;
    const wantsV3 = parameter(request, 'v') === '3';
    if (wantsV3 && v3Endpoints.length === 0) {
      return refuse(response, 400, 'this service has no endpoints for v3 discovery\n');
    }
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const outcome = await store.create(token, size);
    if (outcome.kind === 'noRoom') {
      metrics.rejected('tokens');
      return refuse(response, 503, 'as much as this service keeps; come back later\n');
    }
    logger.info('token created', { token: `${token.slice(0, 6)}...`, size });
    const url = `${address.origin(request)}/${token}`;
    if (request.accepts(['text/plain', 'application/json']) === 'application/json') {
      response.json({
        discovery: url,
        size,
        ttl: formatDuration(parts.ttlMs),
        ...(v3Endpoints.length > 0 && {
          discoveryToken: token,
          discoveryEndpoints: v3Endpoints,
        }),
      });
      return;
    }
    response.type('text/plain');
    response.end(
      wantsV3 ? `--discovery-token=${token} --discovery-endpoints=${v3Endpoints.join(',')}` : url,
    );
  };
}

const refuse = (response: Response, status: number, text: string): void => {
  response.status(status).type('text/plain').end(text);
};
