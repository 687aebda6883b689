import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ErrorCode } from '../http2/error-code.js';
import type { HeaderField } from '../http2/hpack/header-field.js';
import { Http2Stream } from '../http2/http2-stream.js';
import { RESPONSE_BUFFER_BYTES } from '../transport/answer-stream.js';
import type { PageHead } from './page-head.js';
import type { PageLink } from './page-link.js';

/**
 * A request over HTTP/2 that is no gRPC call, answered by the HTTP/1 server of the port: it goes
 * there over a connection of its own within this process, so that there is one set of pages, with
 * one set of checks and time-outs, whatever a client speaks. Both directions stop when the reader
 * does: a request holds a stream window and two stream buffers, an answer RESPONSE_BUFFER_BYTES.
 */
export class PageStream extends Http2Stream {
  readonly #link: PageLink;
  readonly #head: PageHead;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #answered = false;

  constructor(id: number, head: PageHead, remoteEnded: boolean, link: PageLink) {
    super(id, link.http2.initialSendWindow, remoteEnded);
    this.#head = head;
    this.#link = link;
  }

  override onOpen(): void {
    const { method, target, headers } = this.#head;
    const framing = this.remoteEnded ? ['content-length', '0'] : ['transfer-encoding', 'chunked'];
    const socket: Duplex = this.#link.connectPages();
    this.#request = request({
      method,
      path: target,
      headers: [...headers, ...framing, 'connection', 'close'],
      createConnection: () => socket,
    })
      .on('response', (response) => this.#onResponse(response))
      // Of a connection that ends without an answer, or before the whole of it.
      .on('error', () => this.#fail());
  }

  override onData(bytes: Buffer, start: number, end: number): void {
    this.#request?.write(bytes.subarray(start, end), () => {
      this.#link.http2.widenStream(this, end - start);
      this.#link.scheduleFlush();
    });
  }

  override onEnd(): void {
    this.#request?.end();
  }

  override onAbort(): void {
    this.#leave();
  }

  override onSent(): void {
    if (this.#answered) {
      if (this.queuedBytes === 0) this.#end();
    } else if (this.queuedBytes <= RESPONSE_BUFFER_BYTES / 2) {
      this.#response?.resume();
    }
  }

  #onResponse(response: IncomingMessage): void {
    if (this.closed) {
      response.resume();
      return;
    }
    this.#response = response;
    const { http2, blocks } = this.#link;
    http2.sendHeaders(this, blocks.page(response.statusCode ?? 502, answerFields(response)));
    this.#link.scheduleFlush();
    response.on('data', (chunk: Buffer) => this.#send(chunk));
    response.on('end', () => {
      this.#answered = true;
      if (this.queuedBytes === 0) this.#end();
    });
    response.on('error', () => this.#fail());
  }

  #send(chunk: Buffer): void {
    if (this.closed) return;
    this.#link.http2.sendData(this, chunk, NOTHING);
    this.#link.scheduleFlush();
    if (this.queuedBytes >= RESPONSE_BUFFER_BYTES) this.#response?.pause();
  }

  #end(): void {
    this.#link.http2.sendTrailers(this, undefined);
    this.#link.scheduleFlush();
    this.#leave();
  }

  #fail(): void {
    // After the answer it is only the rest of a request that nobody wanted.
    if (this.#answered || this.closed) return;
    this.#link.http2.resetStream(this, ErrorCode.InternalError);
    this.#link.scheduleFlush();
    this.#leave();
  }

  #leave(): void {
    this.#request?.destroy();
    this.#link.pageEnded();
  }
}

const NOTHING = new Uint8Array(0);

/** What is about the connection within this process is nobody else's. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function answerFields({ rawHeaders }: IncomingMessage): readonly HeaderField[] {
  const fields: HeaderField[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (!HOP_BY_HOP.has(name)) fields.push({ name, value: rawHeaders[at + 1] as string });
  }
  return fields;
}
