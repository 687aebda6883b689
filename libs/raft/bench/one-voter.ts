/**
 * How many entries a second a one-voter leader takes through propose, ready, persisted and applied,
 * with a MemoryLog in the place of the disk. Run from the repository's root, bundled by esbuild.
 */
import { RaftIndex, SeededRng } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import { MemoryLog, Raft } from '../src/index.js';
import { EMPTY_CONF_STATE } from '../src/types.js';

const BATCHES = [1, 16, 128, 1024];
const ENTRIES = 2_000_000;
const COMPACT_EVERY = 10_000;
const ID = 1n as MemberId;

function open(storage: MemoryLog): Raft {
  return new Raft({
    id: ID,
    electionTicks: 10,
    heartbeatTicks: 1,
    storage,
    confState: { ...EMPTY_CONF_STATE, voters: [ID] },
    applied: RaftIndex(0),
    maxSizePerMessageBytes: 1 << 20,
    maxCommittedSizePerReadyBytes: 64 << 20,
    maxUncommittedSizeBytes: 1 << 30,
    maxInflightMessages: 512,
    checkQuorum: true,
    preVote: true,
    readOnly: 'safe',
    rng: new SeededRng(1),
  });
}

function pump(raft: Raft, storage: MemoryLog): number {
  let applied = 0;
  while (raft.hasReady()) {
    const { entries, committedEntries } = raft.ready();
    const last = entries[entries.length - 1];
    if (last !== undefined) {
      storage.append(entries);
      raft.persisted(last.index, last.term);
    }
    const lastCommitted = committedEntries[committedEntries.length - 1];
    if (lastCommitted !== undefined) {
      applied += committedEntries.length;
      raft.applied(lastCommitted.index);
    }
  }
  return applied;
}

for (const batch of BATCHES) {
  const storage = new MemoryLog();
  const raft = open(storage);
  raft.campaign();
  let applied = pump(raft, storage);
  const payload = Array.from({ length: batch }, () => new Uint8Array(256));
  const start = process.hrtime.bigint();
  let compacted = 0;
  while (applied < ENTRIES) {
    raft.propose(payload);
    applied += pump(raft, storage);
    if (applied - compacted > 2 * COMPACT_EVERY) {
      compacted = applied - COMPACT_EVERY;
      storage.compact(RaftIndex(compacted));
    }
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const rate = Math.round(applied / seconds).toLocaleString('en');
  process.stdout.write(`batch ${String(batch).padStart(5)}: ${rate} entries/s\n`);
}
