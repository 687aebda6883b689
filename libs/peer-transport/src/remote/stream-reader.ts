import { failpoint } from '@etcd-ts/failpoint';
import type { IncomingMessage } from 'node:http';
import type { CancelTimer } from '@etcd-ts/foundation';
import { hexId } from '@etcd-ts/foundation';
import type { RaftPeerMessage } from '@etcd-ts/wire-protocol';
import { MalformedMessageError } from '@etcd-ts/wire-protocol';
import type { StreamKind } from '../codec/frame-codec.js';
import { createDecoder, STREAM_NAMES } from '../codec/frame-codec.js';
import { headerOf } from '../handshake.js';
import { READ_TIMEOUT_MS, REDIAL_INTERVAL_MS } from '../limits.js';
import { takeIn } from '../message-intake.js';
import { parseVersion, UNNAMED_VERSION } from '../version.js';
import { MEMBER_REMOVED, preconditionFailure } from './post-answer.js';
import type { OpenRequest, RemoteEndpoint } from './remote-endpoint.js';
import { readAnswer } from './remote-endpoint.js';

/** From one peer on one kind of stream: dials it, reads, and dials again, until stopped. */
export class StreamReader {
  readonly #kind: StreamKind;
  readonly #endpoint: RemoteEndpoint;
  #lastDialMs = -Infinity;
  #cancelRedial: CancelTimer = () => undefined;
  #stopped = false;

  constructor(kind: StreamKind, endpoint: RemoteEndpoint) {
    this.#kind = kind;
    this.#endpoint = endpoint;
    this.#dialWhenDue();
  }

  #dialWhenDue(): void {
    if (this.#stopped) return;
    const { clock, scheduler } = this.#endpoint.options;
    const dueInMs = Math.max(0, this.#lastDialMs + REDIAL_INTERVAL_MS - clock.monotonicMs());
    this.#cancelRedial = scheduler.after(dueInMs, () => {
      this.#lastDialMs = clock.monotonicMs();
      void this.#dialAndRead().then(() => this.#dialWhenDue());
    });
  }

  async #dialAndRead(): Promise<void> {
    const { id, options } = this.#endpoint;
    const open = this.#endpoint.open({
      method: 'GET',
      path: `/raft/stream/${this.#kind}/${hexId(options.local.id)}`,
      headers: { 'X-Raft-To': hexId(id) },
      silenceMs: READ_TIMEOUT_MS,
      connection: 'own',
    });
    if (open === undefined) return this.#deactivate('dial', 'no peer URL');
    try {
      open.request.end();
      const response = await open.response;
      const refusal = await this.#refusal(response);
      if (refusal === undefined) await this.#read(open, response);
      else this.#dialFailed(open, refusal);
    } catch (error) {
      this.#dialFailed(open, error instanceof Error ? error.message : String(error));
    }
  }

  #dialFailed(open: OpenRequest, reason: string): void {
    open.request.destroy();
    this.#endpoint.unreachable(open.url);
    if (!this.#stopped) this.#deactivate('dial', reason);
  }

  async #refusal(response: IncomingMessage): Promise<string | undefined> {
    const { id, options } = this.#endpoint;
    // Every server that can be in a cluster with this one has both kinds of streams.
    const version = headerOf(response.headers, 'x-server-version') ?? UNNAMED_VERSION;
    if (parseVersion(version) === undefined) return 'unsupported stream type';
    switch (response.statusCode) {
      case 200:
        return undefined;
      case 404:
        return `peer ${hexId(id)} failed to find local node ${hexId(options.local.id)}`;
      case 410:
        options.raft.removedFromCluster();
        return MEMBER_REMOVED;
      case 412:
        return preconditionFailure(this.#endpoint, await readAnswer(response));
      default:
        return `unhandled http status ${response.statusCode ?? 0}`;
    }
  }

  async #read({ request, watchdog }: OpenRequest, response: IncomingMessage): Promise<void> {
    const { id, status, options } = this.#endpoint;
    status.activate();
    this.#log('info', 'established TCP streaming connection with remote peer');
    const decoder = createDecoder(this.#kind, options.local.id, id);
    const failure = await new Promise<string | undefined>((resolve) => {
      response.on('data', (chunk: Buffer) => {
        watchdog.touch();
        options.observer.received(id, chunk.length);
        try {
          decoder.decode(chunk, (message) => this.#take(message));
        } catch (error) {
          // Anything else is a broken invariant of this member and nobody's input.
          if (!(error instanceof MalformedMessageError)) throw error;
          options.observer.receiveFailed(id);
          resolve(error.message);
          request.destroy();
        }
      });
      response.on('error', (error: NodeJS.ErrnoException) =>
        // The peer has gone or dials anew: whether it can be reached the next dial will tell.
        resolve(error.code === 'ECONNRESET' ? undefined : error.message),
      );
      response.on('close', () => resolve(undefined));
    });
    if (this.#stopped) return;
    this.#log('warn', 'lost TCP streaming connection with remote peer');
    if (failure !== undefined) this.#deactivate('read', failure);
  }

  #take(wire: RaftPeerMessage): void {
    const { id, status, options } = this.#endpoint;
    // What was decoded before a stop, in the same chunk, is not raft's business any more.
    if (this.#stopped) return;
    FAILPOINT: if (failpoint('raftDropHeartbeat') !== undefined) return;
    const intake = takeIn(wire, options);
    if (intake === 'taken') return;
    options.observer.receiveFailed(id);
    if (intake !== 'full') return;
    const level = status.activeSinceMs === undefined ? 'debug' : 'warn';
    options.logger[level]('dropped internal Raft message since receiving buffer is full', {
      'message-type': wire.type,
      'local-member-id': hexId(options.local.id),
      from: hexId(wire.from),
      'remote-peer-id': hexId(id),
      'remote-peer-active': status.activeSinceMs !== undefined,
    });
  }

  #deactivate(action: string, reason: string): void {
    this.#endpoint.status.deactivate({ source: STREAM_NAMES[this.#kind], action }, reason);
  }

  /** The connection itself goes down with the endpoint. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRedial();
    this.#log('info', 'stopped stream reader with remote peer');
  }

  #log(level: 'info' | 'warn', message: string): void {
    const { options, id } = this.#endpoint;
    options.logger[level](message, {
      'stream-reader-type': STREAM_NAMES[this.#kind],
      'local-member-id': hexId(options.local.id),
      'remote-peer-id': hexId(id),
    });
  }
}
