import { Flag, FRAME_HEADER_BYTES, FrameType, PREFACE, uint31At, uint32At } from '../frame.js';
import { HpackDecoder } from '../hpack/hpack-decoder.js';
import { HpackEncoder } from './hpack-encoder.js';

/** For specs: any frame at all, right or wrong. */
export function rawFrame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId >>> 0, 5);
  return Buffer.concat([header, payload]);
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => bytes.writeUInt32BE(value >>> 0, at * 4));
  return bytes;
}

export function settings(...pairs: readonly (readonly [number, number])[]): Buffer {
  const payload = pairs.map(([id, value]) =>
    Buffer.concat([Buffer.of(id >>> 8, id), uint32(value)]),
  );
  return rawFrame(FrameType.Settings, 0, 0, Buffer.concat(payload));
}

/** What every client begins with. */
export const GREETING = Buffer.concat([PREFACE, settings()]);

export const REQUEST_FIELDS = [
  { name: ':method', value: 'POST' },
  { name: ':scheme', value: 'http' },
  { name: ':path', value: '/etcdserverpb.KV/Put' },
  { name: ':authority', value: 'localhost' },
  { name: 'content-type', value: 'application/grpc' },
  { name: 'te', value: 'trailers' },
];

/** A request's fields with some of them replaced or added. */
export function requestFields(
  changes: Readonly<Record<string, string>> = {},
): { name: string; value: string }[] {
  const fields = REQUEST_FIELDS.map(({ name, value }) => ({ name, value: changes[name] ?? value }));
  const known = new Set(fields.map(({ name }) => name));
  for (const [name, value] of Object.entries(changes)) {
    if (!known.has(name)) fields.push({ name, value });
  }
  return fields;
}

/** A HEADERS frame that depends on no table. */
export function headers(
  streamId: number,
  fields = REQUEST_FIELDS,
  flags: number = Flag.EndHeaders,
): Buffer {
  const block = new HpackEncoder(0).block(fields, false, 'without');
  return rawFrame(FrameType.Headers, flags, streamId, block);
}

export function data(streamId: number, payload: Uint8Array, flags = 0): Buffer {
  return rawFrame(FrameType.Data, flags, streamId, payload);
}

export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** All frames in the bytes, which must end with one. */
export function framesIn(bytes: Buffer): readonly SeenFrame[] {
  const frames: SeenFrame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + FRAME_HEADER_BYTES + bytes.readUIntBE(at, 3);
    if (end > bytes.length) throw new Error('the output ends within a frame');
    frames.push({
      type: bytes[at + 3] as number,
      flags: bytes[at + 4] as number,
      streamId: uint31At(bytes, at + 5),
      payload: bytes.subarray(at + FRAME_HEADER_BYTES, end),
    });
    at = end;
  }
  return frames;
}

const NAMES = new Map<number, string>(
  Object.entries(FrameType).map(([name, type]) => [type, name]),
);
const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
];

/** Frames as a line each, so that a spec can say what it expects: "RstStream 1 CANCEL". */
export class FrameReader {
  readonly #decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 2 ** 20 });

  describe(bytes: Buffer): readonly string[] {
    return framesIn(bytes).map((frame) => this.#line(frame));
  }

  #line(frame: SeenFrame): string {
    const { type, flags, streamId, payload } = frame;
    const name = NAMES.get(type) ?? `type ${type}`;
    switch (type) {
      case FrameType.RstStream:
        return `${name} ${streamId} ${CODES[uint32At(payload, 0)]}`;
      case FrameType.GoAway:
        return `${name} ${uint31At(payload, 0)} ${CODES[uint32At(payload, 4)]}`;
      case FrameType.WindowUpdate:
        return `${name} ${streamId} ${uint32At(payload, 0)}`;
      case FrameType.Headers:
        return `${name} ${streamId}${end(flags)} ${this.#fields(payload)}`;
      case FrameType.Data:
        return `${name} ${streamId}${end(flags)} ${payload.length}`;
      case FrameType.Ping:
      case FrameType.Settings:
        return `${name}${(flags & Flag.Ack) === 0 ? '' : ' ack'}`;
      default:
        return `${name} ${streamId}`;
    }
  }

  #fields(block: Buffer): string {
    const { fields } = this.#decoder.decode(block, 0, block.length);
    return fields.map(({ name, value }) => `${name}=${value}`).join(' ');
  }
}

const end = (flags: number): string => ((flags & Flag.EndStream) === 0 ? '' : ' end');
