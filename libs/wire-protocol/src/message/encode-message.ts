import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** What every generated message has; the writer it is given holds the bytes afterwards. */
export interface MessageEncoder<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
}

/** A writer that has grown beyond this is let go: one huge answer must not hold its memory for ever. */
const RETAINED_BYTES = 1024 * 1024;

let spare: BinaryWriter | undefined;

/**
 * The bytes of a message, owned by the caller. The writer behind it is used again: a new one per
 * message starts empty and grows by doubling, which was a tenth of the time a put takes.
 */
export function encodeMessage<T>(encoder: MessageEncoder<T>, message: T): Uint8Array {
  // Taken while in use: a message that cannot be encoded leaves half of itself in the writer, and
  // then nobody must find it there.
  const writer = spare ?? new BinaryWriter();
  spare = undefined;
  const bytes = encoder.encode(message, writer).finish();
  if (bytes.length <= RETAINED_BYTES) spare = writer;
  return bytes;
}
