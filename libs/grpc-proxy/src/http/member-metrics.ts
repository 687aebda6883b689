import { get as getPlain } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import type { TlsOptions } from '@etcd-ts/client';

const TIMEOUT_MS = 5_000;
/** Far more than a member has to say. */
const MAX_BYTES = 32 * 1024 * 1024;

export interface Page {
  readonly contentType: string;
  readonly body: Buffer;
}

/** The metrics of the first member that shows them. Rejects with what the last one said. */
export async function memberMetrics(
  endpoints: readonly string[],
  tls: TlsOptions | undefined,
): Promise<Page> {
  let lastError: unknown = new Error('no endpoint has HTTP');
  for (const endpoint of endpoints) {
    const url = urlOf(endpoint, tls !== undefined);
    if (url === undefined) continue;
    try {
      return await fetchPage(url, tls ?? {});
    } catch (error) {
      lastError = error;
    }
  }
  throw lastError;
}

/** A path in a scheme of its own (unix sockets) has no pages that can be asked for. */
function urlOf(endpoint: string, tlsByDefault: boolean): string | undefined {
  const [, scheme, rest = ''] = /^([a-z]+):(?:\/\/)?(.*)$/u.exec(endpoint) ?? [];
  if (scheme === 'http' || scheme === 'https') return `${scheme}://${rest}/metrics`;
  if (scheme?.startsWith('unix') === true) return undefined;
  return `${tlsByDefault ? 'https' : 'http'}://${endpoint}/metrics`;
}

function fetchPage(url: string, tls: TlsOptions): Promise<Page> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const take = (response: IncomingMessage): void => {
      const { statusCode, headers } = response;
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) response.destroy(new Error('too many metrics'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (statusCode !== 200) reject(new Error(`HTTP status ${statusCode}`));
        const contentType = headers['content-type'] ?? 'text/plain; version=0.0.4';
        resolve({ contentType, body: Buffer.concat(chunks) });
      });
    };
    request(url, tls, signal, take).on('error', reject);
  });
}

function request(
  url: string,
  { secureContext, ca, cert, key, serverName, skipVerification }: TlsOptions,
  signal: AbortSignal,
  take: (response: IncomingMessage) => void,
): ClientRequest {
  if (url.startsWith('http:')) return getPlain(url, { signal }, take);
  const secure = {
    signal,
    // An agent keeps connections by what it knows of them, and a ready context is not part of that.
    agent: false,
    ...(secureContext !== undefined && { secureContext }),
    ca,
    cert,
    key,
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: skipVerification !== true,
  };
  return getSecure(url, secure, take);
}
