import { EMPTY_BYTES, must } from '@etcd-ts/foundation';
import type { RaftIndex } from '@etcd-ts/foundation';
import type { ConfState, Entry, MemoryLog } from '@etcd-ts/raft';

/** How often the log in memory is cut, as etcd: cutting moves what stays. */
const ENTRIES_PER_CUT = 100;
/**
 * Applied entries kept for followers, however few they are: 5000 of the largest requests would be
 * more than seven gigabytes. Who needs more than this is better served with the whole state.
 */
export const MAX_CATCHUP_BYTES = 64 * 1024 * 1024;

interface Mark {
  readonly index: RaftIndex;
  /** Of all entries applied up to it. */
  readonly bytes: number;
}

/**
 * Keeps the log in memory short. It is independent of the log on disk: what is applied is needed in
 * memory only for followers that are a little behind.
 */
export class LogTrimmer {
  readonly #log: MemoryLog;
  readonly #catchupEntries: number;
  readonly #confState: () => ConfState;
  /** Where it may be cut, oldest first. */
  #marks: Mark[];
  #bytes = 0;

  constructor(
    log: MemoryLog,
    applied: RaftIndex,
    catchupEntries: number,
    confState: () => ConfState,
  ) {
    this.#log = log;
    this.#catchupEntries = catchupEntries;
    this.#confState = confState;
    this.#marks = [{ index: applied, bytes: 0 }];
  }

  /** In order, every entry once, when its effects and those of all before are in the backend. */
  applied(entries: readonly Entry[]): void {
    let membershipChanged = false;
    for (const { type, data } of entries) {
      this.#bytes += data.length;
      if (type !== 'normal') membershipChanged = true;
    }
    const { index } = must(entries[entries.length - 1], 'a batch is not empty');
    // A member that has just been added can only be sent a snapshot that names it.
    if (membershipChanged) this.#log.createSnapshot(index, this.#confState(), EMPTY_BYTES);
    if (index - (this.#marks.at(-1)?.index ?? 0) < ENTRIES_PER_CUT) return;
    this.#marks.push({ index, bytes: this.#bytes });
    this.#cut(index);
  }

  /** The log begins behind a received snapshot. */
  installed(index: RaftIndex): void {
    this.#marks = [{ index, bytes: this.#bytes }];
  }

  #cut(applied: RaftIndex): void {
    const isNeeded = ({ index, bytes }: Mark): boolean =>
      applied - index < this.#catchupEntries && this.#bytes - bytes <= MAX_CATCHUP_BYTES;
    const firstNeeded = this.#marks.findIndex(isNeeded);
    const cut = this.#marks.splice(0, firstNeeded === -1 ? this.#marks.length - 1 : firstNeeded);
    const last = cut.at(-1);
    if (last === undefined) return;
    // The backend is the snapshot; this only names the position it stands for.
    this.#log.createSnapshot(applied, this.#confState(), EMPTY_BYTES);
    this.#log.compact(last.index);
  }
}
