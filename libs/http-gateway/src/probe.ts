import type { NodeStatus } from './node-status.js';

/** How long a health request waits for its read; etcd's time for one request to fail. */
export const PROBE_TIMEOUT_MS = 7000;

/** What went wrong with the read, as a client would be told; undefined if nothing did. */
export async function probeFailure(
  node: NodeStatus,
  kind: 'serializable' | 'linearizable',
  timeoutMs = PROBE_TIMEOUT_MS,
): Promise<string | undefined> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('etcdserver: request timed out'), timeoutMs);
  });
  try {
    // A node that is stuck may not even listen to the signal, and to report that is what a health
    // check is for: hence the race.
    const read = node.probeRead(kind, controller.signal).then(() => undefined, describe);
    return await Promise.race([read, late]);
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

function describe(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
