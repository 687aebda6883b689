import { MalformedMessageError } from '@etcd-ts/wire-protocol';

/** Lengths, counts and commit indexes on peer streams: eight bytes, big endian. */
export const LENGTH_BYTES = 8;

/**
 * The largest message on a stream or in a POST, as etcd has it: far above a message of its default
 * settings (1 MiB of entries, or one entry of any size), far below what a damaged length claims.
 */
export const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;

/** Of the message in front of a snapshot's content, as etcd since 3.6.14: it is only metadata. */
export const MAX_SNAPSHOT_MESSAGE_BYTES = 64 * 1024 * 1024;

/** etcd's words for a length beyond the limit. */
export const EXCEEDS_LIMIT = 'rafthttp: error limit exceeded';

const TWO_POW_32 = 2 ** 32;

/** Writes a safe integer; answers the position behind it. */
export function writeLength(target: Buffer, value: number, position: number): number {
  target.writeUInt32BE(Math.floor(value / TWO_POW_32), position);
  target.writeUInt32BE(value % TWO_POW_32, position + 4);
  return position + LENGTH_BYTES;
}

/** Refuses what exceeds `limit`. */
export function readLength(bytes: Buffer, limit: number): number {
  const value = bytes.readUInt32BE(0) * TWO_POW_32 + bytes.readUInt32BE(4);
  if (value > limit) throw new MalformedMessageError(EXCEEDS_LIMIT);
  return value;
}
