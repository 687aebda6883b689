import type { ServerResponse } from 'node:http';
import type { CancelTimer } from '@etcd-ts/foundation';
import { hexId } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';
import type { FrameEncoder, StreamKind } from '../codec/frame-codec.js';
import { createEncoder, STREAM_NAMES } from '../codec/frame-codec.js';
import { toPeerMessage } from '../codec/message-mapping.js';
import {
  STREAM_HEARTBEAT_MS,
  STREAM_QUEUE_BYTES,
  STREAM_QUEUE_MESSAGES,
  STREAM_WRITE_BYTES,
  WRITE_TIMEOUT_MS,
} from '../limits.js';
import { SilenceTimer } from '../silence-timer.js';
import { MessageQueue } from './message-queue.js';
import type { RemoteEndpoint } from './remote-endpoint.js';

interface Connection {
  readonly response: ServerResponse;
  readonly encoder: FrameEncoder;
  /** Set while the socket takes nothing more: it gives up on the peer. */
  stalled: SilenceTimer | undefined;
}

/**
 * What goes to one peer on one kind of stream. The peer dials; until it does, and after its
 * connection is lost, there is no stream and messages take another way.
 */
export class StreamWriter {
  readonly #kind: StreamKind;
  readonly #endpoint: RemoteEndpoint;
  readonly #queue = new MessageQueue(STREAM_QUEUE_MESSAGES, STREAM_QUEUE_BYTES);
  #connection: Connection | undefined;
  readonly #cancelHeartbeats: CancelTimer;

  constructor(kind: StreamKind, endpoint: RemoteEndpoint) {
    this.#kind = kind;
    this.#endpoint = endpoint;
    const { scheduler } = endpoint.options;
    this.#cancelHeartbeats = scheduler.every(STREAM_HEARTBEAT_MS, () => this.#heartbeat());
  }

  get attached(): boolean {
    return this.#connection !== undefined;
  }

  /** The peer has dialled; the head of the response is sent already. */
  attach(response: ServerResponse): void {
    const connection: Connection = {
      response,
      encoder: createEncoder(this.#kind),
      stalled: undefined,
    };
    const replaced = this.#detach();
    this.#connection = connection;
    response.on('drain', () => this.#drained(connection));
    // Both come for one broken connection; whichever is first counts.
    response.on('error', (error) => this.#lose(connection, error.message));
    response.on('close', () => this.#lose(connection, undefined));
    this.#log('info', 'established TCP streaming connection with remote peer');
    if (replaced) {
      this.#log('warn', 'closed TCP streaming connection with remote peer');
      this.#endpoint.options.raft.reportUnreachable(this.#endpoint.id);
    }
    this.#endpoint.status.activate();
  }

  /** False if there is no stream or no room; the message is not taken then. Sent by flush(). */
  offer(message: Message): boolean {
    return this.#connection !== undefined && this.#queue.push(message);
  }

  /** Hands what is queued to the socket, as far as that takes it. */
  flush(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    while (connection.stalled === undefined && this.#queue.length > 0) {
      this.#write(connection, this.#nextFrames(connection.encoder));
    }
    // Node holds the bytes of a response back until this turn of the event loop is over, and who
    // sends goes on with a long one: applies, and waits for the disk.
    connection.response.socket?.uncork();
  }

  /** One large message, or as many small ones as make a good write. */
  #nextFrames(encoder: FrameEncoder): Buffer {
    const frames: Buffer[] = [];
    let size = 0;
    while (size < STREAM_WRITE_BYTES) {
      const message = this.#queue.shift();
      if (message === undefined) break;
      const frame = encoder.encode(toPeerMessage(message));
      frames.push(frame);
      size += frame.length;
    }
    const [only] = frames;
    return only !== undefined && frames.length === 1 ? only : Buffer.concat(frames, size);
  }

  #write(connection: Connection, bytes: Buffer): void {
    const { options, id } = this.#endpoint;
    options.observer.sent(id, bytes.length);
    if (connection.response.write(bytes)) return;
    // The socket's buffer is full: nothing more goes into it, so that a slow peer costs the queue
    // and no more. A peer that stays slow is cut off, or raft would wait for it forever.
    connection.stalled = new SilenceTimer(options, WRITE_TIMEOUT_MS, () =>
      this.#lose(connection, 'i/o timeout'),
    );
  }

  #drained(connection: Connection): void {
    connection.stalled?.stop();
    connection.stalled = undefined;
    if (connection === this.#connection) this.flush();
  }

  #heartbeat(): void {
    const connection = this.#connection;
    if (connection === undefined || connection.stalled !== undefined) return;
    this.#write(connection, connection.encoder.heartbeat());
  }

  /** `reason` is undefined where the peer closed in an orderly way, to dial again or to stop. */
  #lose(connection: Connection, reason: string | undefined): void {
    if (connection !== this.#connection) return;
    const { status, options, id } = this.#endpoint;
    if (reason !== undefined) {
      status.deactivate({ source: STREAM_NAMES[this.#kind], action: 'write' }, reason);
      options.observer.sendFailed(id);
    }
    this.#detach();
    this.#log('warn', 'lost TCP streaming connection with remote peer');
    // Nobody knows how much of what was written has arrived, so raft must find out.
    options.raft.reportUnreachable(id);
  }

  /** Whether there was a connection. What is queued was meant for it and is dropped. */
  #detach(): boolean {
    const connection = this.#forget();
    connection?.response.destroy();
    return connection !== undefined;
  }

  #forget(): Connection | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#queue.clear();
    connection?.stalled?.stop();
    return connection;
  }

  /** What the socket has is still sent: a peer that was removed should hear of it. */
  stop(): void {
    this.#cancelHeartbeats();
    const connection = this.#forget();
    if (connection !== undefined) {
      this.#end(connection.response);
      this.#log('warn', 'closed TCP streaming connection with remote peer');
    }
    this.#log('info', 'stopped TCP streaming connection with remote peer');
  }

  #end(response: ServerResponse): void {
    const { scheduler } = this.#endpoint.options;
    const cancel = scheduler.after(WRITE_TIMEOUT_MS, () => response.destroy());
    response.once('close', cancel);
    response.end();
  }

  #log(level: 'info' | 'warn', message: string): void {
    const { options, id } = this.#endpoint;
    options.logger[level](message, {
      'stream-writer-type': STREAM_NAMES[this.#kind],
      'local-member-id': hexId(options.local.id),
      'remote-peer-id': hexId(id),
    });
  }
}
