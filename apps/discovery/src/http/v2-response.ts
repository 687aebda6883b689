import type { Response } from 'express';
import type { V2Answer } from './v2-body.js';

/** Nothing of a token may stay in a cache on the way: it is a secret, and it changes. */
export function sendV2(response: Response, { status, index, body }: V2Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.status(status);
  setV2Headers(response, index);
  if (status === 503) response.setHeader('Retry-After', '2');
  response.end(body);
}

export function setV2Headers(response: Response, index: number | undefined): void {
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  if (index !== undefined) response.setHeader('X-Etcd-Index', String(index));
}
