/** Proposals that go to the leader in one message, as large as an append (etcd: 1 MiB). */
const MAX_FORWARDED_BYTES = 1024 * 1024;

/** A leader appends all at once; a follower forwards messages of a bearable size. */
export function* proposalBatches(
  fresh: readonly Uint8Array[],
  isLeader: boolean,
): Generator<readonly Uint8Array[]> {
  if (fresh.length === 0) return;
  if (isLeader) {
    yield fresh;
    return;
  }
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for (const data of fresh) {
    if (batch.length > 0 && bytes + data.length > MAX_FORWARDED_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(data);
    bytes += data.length;
  }
  yield batch;
}
