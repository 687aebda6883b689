import { connect, type Socket } from 'node:net';

import {
  ACK,
  clientHello,
  END_HEADERS,
  END_STREAM,
  frame,
  FRAME_HEADER_BYTES,
  FrameType,
  GRPC_PREFIX_BYTES,
  grpcMessage,
  requestFrames,
  requestHeaders,
} from './http2-frames.js';

export interface StreamListener {
  /** Bytes of DATA frames; they may be cut anywhere. The buffer is only valid during the call. */
  onData(bytes: Buffer): void;
  onEnd(): void;
}

const DEFAULT_WINDOW = 65_535;

/** One HTTP/2 connection that opens gRPC streams on one path. Any error of it is thrown away with the run. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #headers: Buffer;
  readonly #listeners = new Map<number, StreamListener>();
  readonly #onFailure: (error: Error) => void;
  /** The server has said what it allows: calls go to a server that listens. */
  readonly ready: Promise<void>;
  #isReady: () => void = () => undefined;
  #nextStream = 1;
  #sendWindow = DEFAULT_WINDOW;
  #waiting: { stream: number; message: Buffer; flags: number }[] = [];
  #outgoing: Buffer[] = [];
  #flushing = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(endpoint: string, path: string, onFailure: (error: Error) => void) {
    const [host = '', port = ''] = endpoint.split(':');
    this.#headers = requestHeaders(path, endpoint);
    this.#onFailure = onFailure;
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
    this.#socket = connect({ host, port: Number(port), noDelay: true });
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', onFailure);
    this.#socket.on('close', () => onFailure(new Error('the server closed the connection')));
    this.#write(clientHello());
  }

  /** Opens a stream with its first message; `last` also ends our side, as for a unary call. */
  open(body: Uint8Array, listener: StreamListener, last = true): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#listeners.set(stream, listener);
    const messageBytes = GRPC_PREFIX_BYTES + body.length;
    if (this.#waiting.length === 0 && messageBytes <= this.#sendWindow) {
      this.#sendWindow -= messageBytes;
      this.#write(requestFrames(stream, this.#headers, body, last));
    } else {
      this.#write(frame(FrameType.headers, END_HEADERS, stream, this.#headers));
      this.send(stream, body, last);
    }
    return stream;
  }

  send(stream: number, body: Uint8Array, last = false): void {
    this.#waiting.push({ stream, message: grpcMessage(body), flags: last ? END_STREAM : 0 });
    this.#sendWaiting();
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy();
  }

  /** What the server's window allows; messages are small, so they go whole or not yet. */
  #sendWaiting(): void {
    let sent = 0;
    for (const { stream, message, flags } of this.#waiting) {
      if (message.length > this.#sendWindow) break;
      this.#sendWindow -= message.length;
      this.#write(frame(FrameType.data, flags, stream, message));
      sent++;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
  }

  /** All frames of one turn go out in one write. */
  #write(bytes: Buffer): void {
    this.#outgoing.push(bytes);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#socket.write(Buffer.concat(this.#outgoing));
      this.#outgoing = [];
    });
  }

  #take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= FRAME_HEADER_BYTES) {
      const length = all.readUIntBE(at, 3);
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > all.length) break;
      const type = all[at + 3] ?? 0;
      const flags = all[at + 4] ?? 0;
      const stream = all.readUInt32BE(at + 5);
      this.#frame(type, flags, stream, all.subarray(at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    this.#rest = all.subarray(at);
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case FrameType.data:
        this.#listeners.get(stream)?.onData(payload);
        if ((flags & END_STREAM) !== 0) this.#end(stream);
        return;
      case FrameType.headers:
        if ((flags & END_STREAM) !== 0) this.#end(stream);
        return;
      case FrameType.settings:
        this.#isReady();
        if ((flags & ACK) === 0) this.#write(frame(FrameType.settings, ACK, 0, Buffer.alloc(0)));
        return;
      case FrameType.ping:
        if ((flags & ACK) === 0) this.#write(frame(FrameType.ping, ACK, 0, Buffer.from(payload)));
        return;
      case FrameType.windowUpdate:
        if (stream !== 0) return;
        this.#sendWindow += payload.readUInt32BE(0);
        this.#sendWaiting();
        return;
      case FrameType.goAway:
        this.#onFailure(
          new Error(`the server closes the connection: ${payload.toString('latin1')}`),
        );
        return;
      case FrameType.rstStream:
        this.#onFailure(new Error(`stream ${stream} was reset`));
        return;
    }
  }

  #end(stream: number): void {
    const listener = this.#listeners.get(stream);
    this.#listeners.delete(stream);
    listener?.onEnd();
  }
}
