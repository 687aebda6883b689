import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';

/** An answer of a peer is a list of members, a hash or a lease: never large. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request to one URL. Rejects when there is no whole answer within the time. */
export function exchange(
  base: string,
  { method, path, headers, body }: HttpCall,
  timeoutMs: number,
  tls: ConnectionOptions | undefined,
): Promise<HttpAnswer> {
  const target = new URL(path, base);
  const options: RequestOptions = {
    method,
    headers: { ...headers, ...(body && { 'Content-Length': body.length }) },
    // What is left of a deadline is no whole number, and AbortSignal takes no other.
    signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const request =
      target.protocol === 'https:'
        ? httpsRequest(target, { ...tls, ...options })
        : httpRequest(target, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) request.destroy(new Error('answer too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers: answered } = response;
        resolve({ status: statusCode, headers: answered, body: Buffer.concat(chunks) });
      });
    });
    request.end(body);
  });
}
