import type { ErrorCode } from './error-code.js';
import { Flag, FRAME_HEADER_BYTES, FrameType, putFrameHeader, putUint32 } from './frame.js';
import { DEFAULT_MAX_FRAME_BYTES } from './limits.js';
import type { OutputBuffer } from './output-buffer.js';

const PING_BYTES = 8;

export function writeRstStream(out: OutputBuffer, streamId: number, code: ErrorCode): void {
  writeUint32Frame(out, FrameType.RstStream, streamId, code);
}

export function writeWindowUpdate(out: OutputBuffer, streamId: number, increment: number): void {
  writeUint32Frame(out, FrameType.WindowUpdate, streamId, increment);
}

function writeUint32Frame(out: OutputBuffer, type: number, streamId: number, value: number): void {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 4);
  putUint32(frame, putFrameHeader(frame, 0, 4, type, 0, streamId), value);
  out.append(frame);
}

export function writeSettingsAck(out: OutputBuffer): void {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  putFrameHeader(frame, 0, 0, FrameType.Settings, Flag.Ack, 0);
  out.append(frame);
}

/** Eight bytes of payload, sent back as they are when they acknowledge. */
export function writePing(out: OutputBuffer, ack: boolean, bytes: Buffer, start: number): void {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  putFrameHeader(frame, 0, PING_BYTES, FrameType.Ping, ack ? Flag.Ack : 0, 0);
  out.append(frame);
  out.append(bytes, start, start + PING_BYTES);
}

export function writeGoAway(
  out: OutputBuffer,
  lastStreamId: number,
  code: ErrorCode,
  debugText: string,
): void {
  const debug = Buffer.from(debugText, 'utf8');
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 8);
  const at = putFrameHeader(frame, 0, 8 + debug.length, FrameType.GoAway, 0, 0);
  putUint32(frame, putUint32(frame, at, lastStreamId), code);
  out.append(frame);
  out.append(debug);
}

/** A header block as HEADERS, and CONTINUATION for what does not fit into one frame. */
export function writeHeaderBlock(
  out: OutputBuffer,
  streamId: number,
  block: Buffer,
  endStream: boolean,
): void {
  let type: number = FrameType.Headers;
  let flags: number = endStream ? Flag.EndStream : 0;
  let from = 0;
  do {
    const length = Math.min(block.length - from, DEFAULT_MAX_FRAME_BYTES);
    if (from + length === block.length) flags |= Flag.EndHeaders;
    const piece = out.piece(FRAME_HEADER_BYTES);
    if (piece === undefined) {
      const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
      putFrameHeader(frame, 0, length, type, flags, streamId);
      out.append(frame);
    } else {
      out.advanceTo(putFrameHeader(piece, out.at, length, type, flags, streamId));
    }
    out.append(block, from, from + length);
    from += length;
    type = FrameType.Continuation;
    flags = 0;
  } while (from < block.length);
}

/** END_STREAM, on a header block or, without one, on DATA that has no content. */
export function writeLastFrame(
  out: OutputBuffer,
  streamId: number,
  block: Buffer | undefined,
): void {
  if (block !== undefined) {
    writeHeaderBlock(out, streamId, block, true);
    return;
  }
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  putFrameHeader(frame, 0, 0, FrameType.Data, Flag.EndStream, streamId);
  out.append(frame);
}
