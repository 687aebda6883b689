import type { HeaderField } from './hpack/header-field.js';
import type { Http2Stream } from './http2-stream.js';
import type { OutputBuffer } from './output-buffer.js';
import type { PingPolicy } from './ping-policy.js';

/** The protocol on top. `Head` is what it makes of a request's header fields. */
export interface Http2Service<Head> {
  /** Called once for equal header blocks: the head is shared by all requests that have it. */
  readHead(fields: readonly HeaderField[]): Head;
  /** A request has begun. Undefined if it was answered at once, with `answer`. */
  open(id: number, head: Head, remoteEnded: boolean): Http2Stream | undefined;
  /** The peer has changed SETTINGS_HEADER_TABLE_SIZE. */
  headerTableBytes(bytes: number): void;
  pingAcknowledged(payload: Buffer): void;
  /** The last stream has ended; asked only while the connection is draining. */
  drained(): void;
}

export interface Http2ConnectionParts<Head> {
  readonly service: Http2Service<Head>;
  readonly out: OutputBuffer;
  readonly pings: PingPolicy;
  /** Of streams the peer may have open at once, as SETTINGS say. */
  readonly maxConcurrentStreams: number;
  readonly nowMs: number;
}
