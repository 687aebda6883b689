/**
 * Just enough HTTP/2 (RFC 9113) to load a gRPC server: a client library spends more on a call than
 * the servers measured here, and would measure itself.
 */
export const FRAME_HEADER_BYTES = 9;
export const GRPC_PREFIX_BYTES = 5;

export const FrameType = {
  data: 0,
  headers: 1,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  rstStream: 3,
} as const;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const ACK = 0x1;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** Large enough that no run ever has to give window back for what it received. */
export const HUGE_WINDOW = 2 ** 31 - 1;
const DEFAULT_WINDOW = 65_535;
const SETTINGS_INITIAL_WINDOW_SIZE = 4;

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  payload.copy(bytes, FRAME_HEADER_BYTES);
  return bytes;
}

/** What a client says first: preface, its settings, and a connection window without limit. */
export function clientHello(): Buffer {
  const setting = Buffer.alloc(6);
  setting.writeUInt16BE(SETTINGS_INITIAL_WINDOW_SIZE, 0);
  setting.writeUInt32BE(HUGE_WINDOW, 2);
  const increment = Buffer.alloc(4);
  increment.writeUInt32BE(HUGE_WINDOW - DEFAULT_WINDOW, 0);
  return Buffer.concat([
    PREFACE,
    frame(FrameType.settings, 0, 0, setting),
    frame(FrameType.windowUpdate, 0, 0, increment),
  ]);
}

function hpackString(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);
}

/** The same HPACK block for every call: static table entries and literals that index nothing. */
export function requestHeaders(path: string, authority: string): Buffer {
  return Buffer.concat([
    Buffer.of(0x83, 0x86), // :method POST, :scheme http
    Buffer.of(0x04),
    hpackString(path),
    Buffer.of(0x01),
    hpackString(authority),
    Buffer.of(0x0f, 0x10), // content-type
    hpackString('application/grpc'),
    Buffer.of(0x00),
    hpackString('te'),
    hpackString('trailers'),
  ]);
}

/** gRPC's message framing: uncompressed, 32-bit length. */
export function grpcMessage(body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(5 + body.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(body.length, 1);
  bytes.set(body, 5);
  return bytes;
}

/** All of a call in one buffer: headers, then its message in one frame. */
export function requestFrames(
  stream: number,
  headers: Buffer,
  body: Uint8Array,
  isLast: boolean,
): Buffer {
  const dataAt = FRAME_HEADER_BYTES + headers.length;
  const messageAt = dataAt + FRAME_HEADER_BYTES;
  const bytes = Buffer.allocUnsafe(messageAt + GRPC_PREFIX_BYTES + body.length);
  bytes.writeUIntBE(headers.length, 0, 3);
  bytes[3] = FrameType.headers;
  bytes[4] = END_HEADERS;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(headers, FRAME_HEADER_BYTES);
  bytes.writeUIntBE(GRPC_PREFIX_BYTES + body.length, dataAt, 3);
  bytes[dataAt + 3] = FrameType.data;
  bytes[dataAt + 4] = isLast ? END_STREAM : 0;
  bytes.writeUInt32BE(stream, dataAt + 5);
  bytes[messageAt] = 0;
  bytes.writeUInt32BE(body.length, messageAt + 1);
  bytes.set(body, messageAt + GRPC_PREFIX_BYTES);
  return bytes;
}
