import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Scheduler } from '@etcd-ts/foundation';
import type { HttpAnswer } from './keys-answer.js';
import { openTunnel } from './proxy-tunnel.js';
import { addressOf, credentialsOf } from './url-parts.js';

/** A chain this long is a loop. */
const MAX_REDIRECTS = 10;
/** Thousands of members' worth: whoever sends more is no registry of members. */
const MAX_BODY_BYTES = 1024 * 1024;
/** A long poll has no other way to notice that the machine at the other end is gone. */
const KEEP_ALIVE_AFTER_MS = 30_000;

export interface ExchangeRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  /** application/x-www-form-urlencoded. */
  readonly form?: string;
  /** For the whole exchange; without it there is no limit. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export type ExchangeResult =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface ExchangeOptions {
  /** All requests go through this HTTP proxy. */
  readonly proxy: URL | undefined;
  readonly scheduler: Scheduler;
}

/** HTTP requests one by one, each on a connection of its own: they are few and long. */
export class HttpExchange {
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Follows redirects (a follower of etcd sends writers to its leader). Never rejects. */
  async request(request: ExchangeRequest): Promise<ExchangeResult> {
    const stop = new AbortController();
    const abort = (): void => stop.abort(new Error('stopped'));
    if (request.signal.aborted) abort();
    request.signal.addEventListener('abort', abort);
    const { timeoutMs } = request;
    const cancelTimer =
      timeoutMs === undefined
        ? () => undefined
        : this.#options.scheduler.after(timeoutMs, () =>
            stop.abort(new Error(`no answer within ${timeoutMs} ms`)),
          );
    try {
      return { kind: 'answered', answer: await this.#follow(request, stop.signal) };
    } catch (error) {
      const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
      return {
        kind: 'unavailable',
        reason: cause instanceof Error ? cause.message : String(cause),
      };
    } finally {
      cancelTimer();
      request.signal.removeEventListener('abort', abort);
    }
  }

  async #follow(request: ExchangeRequest, signal: AbortSignal): Promise<HttpAnswer> {
    let url = new URL(request.url);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#send(url, request, signal);
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (status >= 300 && status < 400 && location !== undefined) {
        response.destroy();
        url = new URL(location, url);
        continue;
      }
      const header = response.headers['x-etcd-index'];
      const etcdIndex = Array.isArray(header) ? header[0] : header;
      return { status, etcdIndex, body: await readBody(response) };
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects`);
  }

  async #send(
    url: URL,
    { method, form }: ExchangeRequest,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const headers: Record<string, string> = { host: url.host, accept: 'application/json' };
    if (form !== undefined) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      headers['content-length'] = String(Buffer.byteLength(form));
    }
    const credentials = credentialsOf(url);
    if (credentials !== undefined) headers['authorization'] = credentials;
    const call = await this.#open(url, { method, headers, signal, agent: false });
    return new Promise((resolve, reject) => {
      call.once('response', resolve);
      call.once('error', reject);
      call.once('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS));
      call.end(form);
    });
  }

  async #open(url: URL, options: RequestOptions): Promise<ClientRequest> {
    const { proxy } = this.#options;
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new Error(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
    }
    if (proxy === undefined) {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      return send(url, options);
    }
    if (url.protocol === 'http:') {
      // A proxy is told the whole URL; the credentials in it are in their header already.
      const path = `${url.origin}${url.pathname}${url.search}`;
      return httpRequest({ ...addressOf(proxy), ...options, path });
    }
    const { signal } = options;
    const tunnel = await openTunnel(proxy, url, signal);
    const { host } = addressOf(url);
    // RFC 6066 section 3: an address is no server name, but the certificate has to be for it.
    const name = isIP(host) === 0 ? { servername: host } : { host };
    const createConnection = () =>
      connectTls({ socket: tunnel, ...name, ALPNProtocols: ['http/1.1'] });
    return httpsRequest(url, { ...options, createConnection });
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`answer is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
