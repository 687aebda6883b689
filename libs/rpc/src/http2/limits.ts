/**
 * What a peer may make a connection hold or do, each with its reason. A limit that is reached ends
 * a stream or the connection, never the process. Sizes in bytes unless the name says otherwise.
 */

/** RFC 9113's initial values; they hold until SETTINGS say otherwise. */
export const DEFAULT_WINDOW_BYTES = 65_535;
export const DEFAULT_MAX_FRAME_BYTES = 16_384;
export const DEFAULT_HEADER_TABLE_BYTES = 4_096;
/** The largest window and the largest setting of one (RFC 9113, section 6.9.1). */
export const MAX_WINDOW_BYTES = 2 ** 31 - 1;
export const MAX_FRAME_BYTES = 2 ** 24 - 1;

/**
 * Our window for a whole connection. Its credit is given back when DATA arrives, whatever becomes of
 * the data, so it bounds only what is on the way: enough for 1000 requests of 4 KiB in flight.
 */
export const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;

/**
 * Header fields of one request, counted as RFC 7541 does (32 more for each). HPACK lets one byte
 * stand for 4 KiB, so this must be counted while decoding. Tokens have a few hundred bytes.
 */
export const MAX_HEADER_LIST_BYTES = 64 * 1024;
/** The same request's bytes on the wire, with its CONTINUATION frames: they wait to be decoded. */
export const MAX_HEADER_BLOCK_BYTES = 64 * 1024;
/** A block of the largest size fits into four frames; a flood of empty ones has no other bound. */
export const MAX_CONTINUATIONS = 16;

/**
 * Streams of one connection, whatever SETTINGS allow: etcd's default is 2^32 - 1. Go's etcd dies of
 * memory far below this number, and 100,000 watches have been seen.
 */
export const MAX_STREAMS = 250_000;

/** Streams we reset whose late frames are to be ignored; the client may not have heard yet. */
export const REMEMBERED_RESETS = 1_024;

/**
 * Output of one connection that the socket has not taken. Beyond it DATA waits on its stream, where
 * it is a reference to the message and no copy; and while a write is under way no more is read from
 * who does not read us. So everything that is answered (calls, PING, SETTINGS) is bounded by it.
 */
export const OUTPUT_HIGH_WATER_BYTES = 256 * 1024;
/**
 * Answers of one connection that wait for its windows. Reading must go on, as the windows come in
 * what is read; so new streams are refused, in the way that clients may repeat.
 */
export const MAX_QUEUED_BYTES = 512 * 1024 * 1024;

/**
 * Frames that cost us work and bring nothing, as burst and as rate. Real clients stay far below: an
 * etcd client that closes 10,000 watches at once is the worst of them.
 */
export const RESETS_BURST = 20_000;
export const RESETS_PER_SECOND = 1_000;
export const IDLE_FRAMES_BURST = 20_000;
export const IDLE_FRAMES_PER_SECOND = 2_000;
/** So many bytes sent pay for one WINDOW_UPDATE of the reader. */
export const SENT_BYTES_PER_IDLE_FRAME = 256;
export const SETTINGS_BURST = 100;
export const SETTINGS_PER_SECOND = 10;
