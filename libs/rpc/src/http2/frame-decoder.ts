import { ConnectionError, ErrorCode } from './error-code.js';
import { Flag, FrameType, uint31At } from './frame.js';
import type { FrameSink } from './frame-splitter.js';
import { HeaderAssembly } from './header-assembly.js';

/** Frames whose form is right; what they mean for the connection is the receiver's to judge. */
export interface FrameEvents {
  /** `length` is what counts in the windows: the content from `from` to `to`, and its padding. */
  onData(
    id: number,
    endStream: boolean,
    length: number,
    bytes: Buffer,
    from: number,
    to: number,
  ): void;
  /** A whole block, whatever frames it came in. */
  onHeaderBlock(id: number, endStream: boolean, bytes: Buffer, from: number, to: number): void;
  onRstStream(id: number): void;
  onSettings(bytes: Buffer, from: number, to: number): void;
  onPing(bytes: Buffer, from: number): void;
  onPingAck(payload: Buffer): void;
  /** Stream 0 is the connection. The increment may be 0. */
  onWindowUpdate(id: number, increment: number): void;
  /** A frame that is to be ignored: of an unknown type, PRIORITY, acknowledged SETTINGS, GOAWAY. */
  onIdleFrame(): void;
}

const PRIORITY_BYTES = 5;
const PING_BYTES = 8;
const GOAWAY_BYTES = 8;
const UINT32_BYTES = 4;

/** The form of the frames a client may send: RFC 9113, section 6. Throws a ConnectionError. */
export class FrameDecoder implements FrameSink {
  readonly #events: FrameEvents;
  #begun = false;
  #assembly: HeaderAssembly | undefined;

  constructor(events: FrameEvents) {
    this.#events = events;
  }

  /** The preface of a client ends with SETTINGS; nothing else is taken before. */
  get begun(): boolean {
    return this.#begun;
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (this.#assembly !== undefined) {
      this.#continuation(this.#assembly, type, flags, id, bytes, start, end);
      return;
    }
    if (!this.#begun) this.#begin(type, flags);
    switch (type) {
      case FrameType.Data:
        return this.#data(flags, id, bytes, start, end);
      case FrameType.Headers:
        return this.#headers(flags, id, bytes, start, end);
      case FrameType.RstStream:
        check(id !== 0, 'RST_STREAM on stream 0');
        checkSize(end - start === UINT32_BYTES, 'RST_STREAM');
        return this.#events.onRstStream(id);
      case FrameType.Settings:
        return this.#settings(flags, id, bytes, start, end);
      case FrameType.Ping:
        return this.#ping(flags, id, bytes, start, end);
      case FrameType.WindowUpdate:
        checkSize(end - start === UINT32_BYTES, 'WINDOW_UPDATE');
        return this.#events.onWindowUpdate(id, uint31At(bytes, start));
      default:
        return this.#rare(type, id, end - start);
    }
  }

  #begin(type: number, flags: number): void {
    check(
      type === FrameType.Settings && (flags & Flag.Ack) === 0,
      'the first frame is not SETTINGS',
    );
    this.#begun = true;
  }

  #rare(type: number, id: number, length: number): void {
    switch (type) {
      case FrameType.Priority:
        check(id !== 0, 'PRIORITY on stream 0');
        // A stream error in the RFC, for a frame that is deprecated and that nobody builds wrongly.
        checkSize(length === PRIORITY_BYTES, 'PRIORITY');
        break;
      case FrameType.GoAway:
        check(id === 0, 'GOAWAY on a stream');
        checkSize(length >= GOAWAY_BYTES, 'GOAWAY');
        break;
      case FrameType.PushPromise:
        throw protocolError('a client cannot push');
      case FrameType.Continuation:
        throw protocolError('CONTINUATION after no HEADERS');
    }
    this.#events.onIdleFrame();
  }

  #data(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    check(id !== 0, 'DATA on stream 0');
    const endStream = (flags & Flag.EndStream) !== 0;
    let from = start;
    let to = end;
    if ((flags & Flag.Padded) !== 0) {
      checkSize(end > start, 'DATA');
      to -= bytes[from++] as number;
      check(to >= from, 'more padding than payload');
    }
    this.#events.onData(id, endStream, end - start, bytes, from, to);
  }

  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    check(id !== 0, 'HEADERS on stream 0');
    let from = start;
    let to = end;
    if ((flags & Flag.Padded) !== 0) {
      checkSize(end > start, 'HEADERS');
      to -= bytes[from++] as number;
    }
    if ((flags & Flag.Priority) !== 0) {
      checkSize(end - from >= PRIORITY_BYTES, 'HEADERS');
      from += PRIORITY_BYTES;
    }
    check(to >= from, 'more padding than payload');
    const endStream = (flags & Flag.EndStream) !== 0;
    if ((flags & Flag.EndHeaders) !== 0) {
      this.#events.onHeaderBlock(id, endStream, bytes, from, to);
    } else {
      this.#assembly = new HeaderAssembly(id, endStream);
      this.#assembly.add(bytes, from, to);
    }
  }

  #continuation(
    assembly: HeaderAssembly,
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    check(
      type === FrameType.Continuation && id === assembly.streamId,
      'another frame within a header block',
    );
    assembly.add(bytes, start, end);
    if ((flags & Flag.EndHeaders) === 0) return;
    this.#assembly = undefined;
    const block = assembly.block();
    this.#events.onHeaderBlock(id, assembly.endStream, block, 0, block.length);
  }

  #settings(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    check(id === 0, 'SETTINGS on a stream');
    if ((flags & Flag.Ack) === 0) {
      this.#events.onSettings(bytes, start, end);
      return;
    }
    checkSize(end === start, 'an acknowledgement of SETTINGS');
    this.#events.onIdleFrame();
  }

  #ping(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    check(id === 0, 'PING on a stream');
    checkSize(end - start === PING_BYTES, 'PING');
    if ((flags & Flag.Ack) === 0) this.#events.onPing(bytes, start);
    else this.#events.onPingAck(Buffer.from(bytes.subarray(start, end)));
  }
}

function check(condition: boolean, fault: string): void {
  if (!condition) throw protocolError(fault);
}

function checkSize(condition: boolean, what: string): void {
  if (!condition) throw new ConnectionError(ErrorCode.FrameSizeError, `${what} of a wrong length`);
}

export function protocolError(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.ProtocolError, message);
}
