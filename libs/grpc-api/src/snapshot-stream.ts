import { createHash } from 'node:crypto';
import type { ResponseStream } from '@etcd-ts/rpc';
import type { MaintenanceOperations } from '@etcd-ts/server';
import type { SnapshotResponse } from '@etcd-ts/wire-protocol';

/** One message of the stream, as etcd. */
const BLOB_BYTES = 32 * 1024;

/**
 * The database in pieces, with what is still to come; then, behind it and not counted, the SHA-256 of
 * all of it, by which whoever saves the file can tell that it is whole.
 */
export async function streamSnapshot(
  maintenance: MaintenanceOperations,
  version: string,
  out: ResponseStream<SnapshotResponse>,
): Promise<void> {
  const content = await maintenance.snapshot();
  const digest = createHash('sha256');
  let remaining = content.sizeBytes;
  const send = async (blob: Uint8Array): Promise<void> => {
    const message = { header: undefined, remainingBytes: BigInt(remaining), version };
    if (!out.write({ ...message, blob: Buffer.from(blob) })) await out.drained();
  };
  try {
    for await (const chunk of content.chunks) {
      digest.update(chunk);
      for (let at = 0; at < chunk.length; at += BLOB_BYTES) {
        const blob = chunk.subarray(at, at + BLOB_BYTES);
        remaining -= blob.length;
        await send(blob);
      }
    }
    await send(digest.digest());
  } finally {
    content.close();
  }
}
