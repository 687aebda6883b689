import type { Duplex } from 'node:stream';
import type { Http2Connection } from '../http2/http2-connection.js';
import type { RequestHead } from '../transport/request-head.js';
import type { ResponseBlocks } from '../transport/response-blocks.js';

/** What the stream of a page knows of its connection. */
export interface PageLink {
  readonly http2: Http2Connection<RequestHead>;
  readonly blocks: ResponseBlocks;
  /** A new connection to the HTTP/1 server of the port. */
  connectPages(): Duplex;
  /** Once for each stream that was opened. */
  pageEnded(): void;
  scheduleFlush(): void;
}
