/**
 * The SHA-256 of the database, which ends the stream of Maintenance.Snapshot and thereby a file
 * that `etcdctl snapshot save` wrote. Members send each other the database without it.
 */
export const SNAPSHOT_DIGEST_BYTES = 32;

/** Divides every page size, so that what is left over tells a digest from none. */
const SECTOR_BYTES = 512;

export interface SnapshotExtent {
  readonly databaseBytes: number;
  /** Whether a digest follows. etcd restores no file without one unless told to skip the check. */
  readonly hasDigest: boolean;
}

/** By its size alone, as etcd tells: the file in a data directory has no digest, a saved one has. */
export function snapshotExtent(fileBytes: number): SnapshotExtent {
  const hasDigest = fileBytes % SECTOR_BYTES === SNAPSHOT_DIGEST_BYTES;
  return { databaseBytes: fileBytes - (hasDigest ? SNAPSHOT_DIGEST_BYTES : 0), hasDigest };
}
