import { DEFAULT_WINDOW_BYTES } from './limits.js';

/**
 * One request and its answer. The fields are the connection's; whoever builds a protocol on top
 * extends this class with its own, so that a call costs one object. The methods are called by the
 * connection, never after the stream has closed.
 */
export abstract class Http2Stream {
  readonly id: number;
  /** What the peer lets us send; negative after it has made its initial window smaller. */
  sendWindow: number;
  /** What we let the peer send. */
  receiveWindow = DEFAULT_WINDOW_BYTES;
  /** END_STREAM has come: no more DATA. */
  remoteEnded: boolean;
  /** We have sent END_STREAM or RST_STREAM, or the connection is gone: nothing can be sent. */
  closed = false;
  /** DATA that waits for a window or for the socket; written by reference, copied when sent. */
  queue: Uint8Array[] = NO_CHUNKS;
  /** Bytes of the first chunk that were sent. */
  sentOfFirst = 0;
  queuedBytes = 0;
  /** In the round of streams that have something to send. */
  scheduled = false;

  constructor(id: number, sendWindow: number, remoteEnded: boolean) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.remoteEnded = remoteEnded;
  }

  /** The stream is in the connection's table. */
  abstract onOpen(): void;
  /** The content of a DATA frame. The bytes may be kept; what lies around them is kept, too. */
  abstract onData(bytes: Buffer, start: number, end: number): void;
  /** The peer has said all. */
  abstract onEnd(): void;
  /** The stream was reset, by the peer or for a fault of the peer's, or its connection is gone. */
  abstract onAbort(): void;
  /** Queued DATA has been sent, `queuedBytes` less than before; now or later more may be queued. */
  abstract onSent(): void;
}

/** Shared: most streams never queue anything. */
const NO_CHUNKS: Uint8Array[] = [];
Object.freeze(NO_CHUNKS);
