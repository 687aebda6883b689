import type { BoltReader } from '@etcd-ts/bolt';
import {
  type BinaryString,
  CURRENT_REVISION_META,
  decodeRevisionKey,
  encodeRevisionKey,
  META_BUCKET,
} from '@etcd-ts/foundation';
import type { BackendImport } from '@etcd-ts/storage';

import { CONF_STATE } from '../records/conf-state.js';

/** Of the cluster that was: the new one has members of its own. */
const FORMER_MEMBERS: ReadonlySet<string> = new Set(['members', 'members_removed']);
/** The place in a log that is not restored. */
const FORMER_POSITION = ['consistent_index', 'term', CONF_STATE];
const SCHEDULED_COMPACT = 'scheduledCompactRev';
const FINISHED_COMPACT = 'finishedCompactRev';

/**
 * Imports what a snapshot says about keys, leases, users and alarms, and nothing of whose it was.
 * `bumpRevisions`: the current revision rises by so many, and everything up to there is marked as
 * compacted. Whoever watched or cached beyond the snapshot then hears that it is out of date, instead
 * of being told of new changes under revisions that it has seen with another content.
 */
export async function importRestored(
  reader: BoltReader,
  target: BackendImport,
  bumpRevisions: number,
): Promise<void> {
  const put = async (bucket: string, key: Uint8Array, value: Uint8Array): Promise<void> => {
    if (!target.put(bucket, key, value)) await target.settle();
  };
  let newestKey: Uint8Array | undefined;
  for (const bucket of reader.bucketNames()) {
    if (bucket === META_BUCKET || FORMER_MEMBERS.has(bucket)) continue;
    for (const [key, value] of reader.entries(bucket)) {
      if (bucket === 'key') newestKey = Uint8Array.from(key);
      await put(bucket, key, value);
    }
  }
  const meta = metaOf(reader);
  for (const name of FORMER_POSITION) meta.delete(name);
  if (bumpRevisions > 0) bump(meta, newestKey, bumpRevisions);
  const ordered = [...meta].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of ordered) await put(META_BUCKET, Buffer.from(name, 'latin1'), value);
}

function metaOf(reader: BoltReader): Map<string, Uint8Array> {
  const meta = new Map<string, Uint8Array>();
  for (const [key, value] of reader.entries(META_BUCKET as BinaryString)) {
    meta.set(key.toString('latin1'), Uint8Array.from(value));
  }
  return meta;
}

function bump(
  meta: Map<string, Uint8Array>,
  newestKey: Uint8Array | undefined,
  revisions: number,
): void {
  const current = Math.max(
    1,
    mainOf(newestKey),
    mainOf(meta.get(SCHEDULED_COMPACT)),
    mainOf(meta.get(FINISHED_COMPACT)),
    uint64(meta.get(CURRENT_REVISION_META)),
  );
  const main = current + revisions;
  const value = Buffer.alloc(8);
  value.writeBigUInt64BE(BigInt(main));
  meta.set(CURRENT_REVISION_META, value);
  meta.set(SCHEDULED_COMPACT, encodeRevisionKey({ main, sub: 0, tombstone: false }));
}

const mainOf = (key: Uint8Array | undefined): number =>
  key === undefined ? 0 : (decodeRevisionKey(key)?.main ?? 0);

const uint64 = (value: Uint8Array | undefined): number =>
  value?.length === 8 ? Number(Buffer.from(value).readBigUInt64BE()) : 0;
