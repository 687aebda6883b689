import { RawConnection } from './raw-connection.js';
import type { LoadResult } from './unary-load.js';

/** One whole snapshot, as fast as it comes. */
export function runSnapshotLoad(endpoint: string): Promise<LoadResult> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const path = '/etcdserverpb.Maintenance/Snapshot';
    const connection = new RawConnection(endpoint, path, reject);
    connection.open(Buffer.alloc(0), {
      onData: ({ length }) => {
        bytes += length;
      },
      onEnd: () => {
        connection.close();
        const seconds = (performance.now() - startedAt) / 1000;
        resolve({ requests: 1, answered: bytes > 0 ? 1 : 0, bytes, seconds });
      },
    });
  });
}
