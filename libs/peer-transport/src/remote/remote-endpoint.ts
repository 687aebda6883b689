import type {
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestOptions,
} from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { MemberId } from '@etcd-ts/foundation';
import { requestHeaders } from '../handshake.js';
import { MAX_ANSWER_BYTES, PIPELINE_IDLE_MS, PIPELINE_POSTS } from '../limits.js';
import { SilenceTimer } from '../silence-timer.js';
import type { TransportOptions } from '../transport-options.js';
import { PeerStatus } from './peer-status.js';
import { dialableUrls, UrlPicker } from './url-picker.js';

export interface RequestPlan {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** The longest silence once the connection stands. */
  readonly silenceMs: number;
  /** On a connection that is kept for the next one, or on one of its own. */
  readonly connection: 'kept' | 'own';
}

/** A request whose body the caller still has to write and end. */
export interface OpenRequest {
  readonly url: URL;
  readonly request: ClientRequest;
  readonly watchdog: SilenceTimer;
  /** Resolves with the head of the answer; rejects if the connection fails or stays silent. */
  readonly response: Promise<IncomingMessage>;
}

/** Where one other member can be reached, and whether it is: what all ways to it share. */
export class RemoteEndpoint {
  readonly id: MemberId;
  readonly options: TransportOptions;
  readonly status: PeerStatus;
  readonly #urls: UrlPicker;
  readonly #stop = new AbortController();
  readonly #agent: Agent;
  readonly #tlsAgent: HttpsAgent;

  constructor(id: MemberId, urls: readonly string[], options: TransportOptions) {
    this.id = id;
    this.options = options;
    this.status = new PeerStatus(id, options);
    this.#urls = new UrlPicker(dialableUrls(urls));
    const kept = { keepAlive: true, maxSockets: PIPELINE_POSTS, timeout: PIPELINE_IDLE_MS };
    this.#agent = new Agent(kept);
    // A resumed session is not verified again, and what is trusted may have changed since.
    this.#tlsAgent = new HttpsAgent({ ...kept, maxCachedSessions: 0 });
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  updateUrls(urls: readonly string[]): void {
    this.#urls.update(dialableUrls(urls));
  }

  unreachable(url: URL): void {
    this.#urls.unreachable(url);
  }

  /** Undefined if the member has no URL that can be dialled. */
  open(plan: RequestPlan): OpenRequest | undefined {
    const url = this.#urls.pick();
    if (url === undefined) return undefined;
    const request = this.#request(url, plan);
    const watchdog = new SilenceTimer(this.options, this.options.dialTimeoutMs, () =>
      request.destroy(new Error('i/o timeout')),
    );
    request.once('socket', (socket) => {
      const ready = (): void => watchdog.restart(plan.silenceMs);
      if (!socket.connecting) ready();
      else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', ready);
    });
    request.once('close', () => watchdog.stop());
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      // Stays after the answer: an error without a listener would end the process.
      request.on('error', reject);
    });
    return { url, request, watchdog, response };
  }

  #request(url: URL, { method, path, headers, connection }: RequestPlan): ClientRequest {
    const options: RequestOptions = {
      method,
      headers: { ...requestHeaders(this.options.local), ...headers },
      signal: this.#stop.signal,
    };
    const target = new URL(path, url);
    if (url.protocol === 'http:') {
      return httpRequest(target, { ...options, agent: connection === 'kept' && this.#agent });
    }
    const agent = connection === 'kept' && this.#tlsAgent;
    return httpsRequest(target, { ...options, ...this.options.tls?.(), agent });
  }

  /** Ends everything under way, without further reports. */
  stop(): void {
    this.status.retire();
    this.#stop.abort();
    this.#agent.destroy();
    this.#tlsAgent.destroy();
  }
}

/** The body of an answer that is a line of text. */
export async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('answer too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString().trimEnd();
}
