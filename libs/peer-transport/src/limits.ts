/**
 * What one member may cost another, in time and memory. Where etcd has a value it is etcd's: the
 * two may sit in one cluster, and whoever is stricter cuts the other off.
 */

/** A connection that brings nothing for this long is dead: heartbeats come three times as often. */
export const READ_TIMEOUT_MS = 5_000;
/** A peer that takes nothing for this long gets its stream closed and the messages dropped. */
export const WRITE_TIMEOUT_MS = 5_000;
export const STREAM_HEARTBEAT_MS = READ_TIMEOUT_MS / 3;
/** Between two dials of one stream, so that a peer that refuses is asked ten times a second. */
export const REDIAL_INTERVAL_MS = 100;

/** Messages waiting for one stream; beyond it they are dropped, which raft survives. */
export const STREAM_QUEUE_MESSAGES = 4096;
/** Their bytes: 4096 full appends would be gigabytes. One message of any size always fits. */
export const STREAM_QUEUE_BYTES = 64 * 1024 * 1024;
/** Frames are put together up to this size for one write to the socket. */
export const STREAM_WRITE_BYTES = 64 * 1024;

/** POSTs to one peer under way at the same time. */
export const PIPELINE_POSTS = 4;
export const PIPELINE_QUEUE_MESSAGES = 64;
export const PIPELINE_QUEUE_BYTES = 64 * 1024 * 1024;
/** For a whole POST, its answer included; a slot that never comes back would block the pipeline. */
export const PIPELINE_TIMEOUT_MS = 30_000;
/** An idle connection must go before the peer's server closes it, in etcd after 5 seconds. */
export const PIPELINE_IDLE_MS = 2_000;

/** After the last byte of a snapshot, until the receiver has synced the file and says so. */
export const SNAPSHOT_ANSWER_TIMEOUT_MS = 60_000;

/** Of an answer, which is a status and a line of text. */
export const MAX_ANSWER_BYTES = 64 * 1024;
/** To take the rest of a refused request off the connection, so that its sender reads the answer. */
export const DRAIN_TIMEOUT_MS = 1_000;

/** Senders that are no members here (yet); any request can name one, so they are few. */
export const MAX_REMOTES = 64;

export const PROBE_INTERVAL_MS = 4_000;
/** A failing probe is logged this often, a clock that differs that often. */
export const PROBE_FAILURE_LOG_MS = 5_000;
export const CLOCK_DRIFT_LOG_MS = 30_000;
export const MAX_CLOCK_DRIFT_MS = 1_000;
