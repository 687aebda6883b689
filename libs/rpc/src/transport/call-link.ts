import type { Clock } from '@etcd-ts/foundation';
import type { Http2Connection } from '../http2/http2-connection.js';
import type { DeadlineQueue } from './deadline-queue.js';
import type { RequestHead } from './request-head.js';
import type { ResponseBlocks } from './response-blocks.js';

/** What a call knows of its connection. */
export interface CallLink {
  readonly http2: Http2Connection<RequestHead>;
  readonly blocks: ResponseBlocks;
  readonly clock: Clock;
  readonly deadlines: DeadlineQueue;
  readonly maxReceiveBytes: number;
  /** "address:port" of the client. */
  readonly peer: string;
  /** See CallContext. */
  readonly peerCertificateCommonName: string | undefined;
  /**
   * So many bytes of requests more (or, negative, less) are held: unfinished messages, and those that
   * wait for their handlers. False: too much for one connection, the call must go.
   */
  hold(bytes: number): boolean;
  /** There is output: it goes to the socket at the end of this turn of the event loop. */
  scheduleFlush(): void;
  /** A handler has thrown what was not meant for a client. */
  logFault(method: string, error: unknown): void;
}
