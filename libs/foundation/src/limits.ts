/**
 * Every queue, buffer and loop that is fed from outside has its limit here, with its reason.
 * Sizes in bytes unless the name says otherwise.
 */

/** What gRPC may receive beyond --max-request-bytes: room for the envelope, as etcd has it. */
export const GRPC_OVERHEAD_BYTES = 512 * 1024;
/** Distinct revisions in one catch-up watch response, as etcd: bounds one response's size. */
export const MAX_WATCH_CATCH_UP_REVISIONS = 1000;
/** Responses queued for one watch stream before its watchers wait (etcd's channel has 128). */
export const WATCH_STREAM_QUEUE_RESPONSES = 128;
