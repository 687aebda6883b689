import type { Exchange } from './exchange.js';
import { MAX_JSON_BYTES } from './request-body.js';

/** The body as text; undefined if it did not come whole, or is too large to be one of ours. */
export async function readText({ request, bodies }: Exchange): Promise<string | undefined> {
  const body = await bodies.read(request, MAX_JSON_BYTES);
  return body.kind === 'body' ? body.bytes.toString('utf8') : undefined;
}
