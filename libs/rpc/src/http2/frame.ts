/** RFC 9113, section 6. */
export const FrameType = {
  Data: 0x0,
  Headers: 0x1,
  Priority: 0x2,
  RstStream: 0x3,
  Settings: 0x4,
  PushPromise: 0x5,
  Ping: 0x6,
  GoAway: 0x7,
  WindowUpdate: 0x8,
  Continuation: 0x9,
} as const;

export const Flag = {
  EndStream: 0x1,
  /** On SETTINGS and PING. */
  Ack: 0x1,
  EndHeaders: 0x4,
  Padded: 0x8,
  Priority: 0x20,
} as const;

export const FRAME_HEADER_BYTES = 9;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Without assertion: the caller has `FRAME_HEADER_BYTES` of room at `at`. Returns where it ends. */
export function putFrameHeader(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  putFrameLength(into, at, length);
  into[at + 3] = type;
  into[at + 4] = flags;
  return putUint32(into, at + 5, streamId);
}

/** Also of a frame that is there already. */
export function putFrameLength(into: Buffer, at: number, length: number): void {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
}

/** Plain stores: writeUInt32BE checks its arguments, which is measurable at a million frames. */
export function putUint32(into: Buffer, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

export function uint32At(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** Stream ids and window increments have 31 bits; the first is reserved and ignored. */
export function uint31At(bytes: Uint8Array, at: number): number {
  return uint32At(bytes, at) & 0x7fffffff;
}
