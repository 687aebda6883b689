import { hexId, RaftIndex } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { ConfState, HardState, MemoryLog } from '@etcd-ts/raft';
import { logBreak } from '@etcd-ts/storage';
import type { Backend, DataDirectory, MemberFiles } from '@etcd-ts/storage';
import { decodeConfChange } from '@etcd-ts/wire-protocol';

import { CONF_STATE, decodeConfState } from '../records/conf-state.js';
import { BackendMembershipRecords } from '../records/membership-records.js';
import { BootstrapError } from './bootstrap-error.js';

/** Where the backend stands in the log, and the membership there. */
export interface StoredPosition {
  readonly appliedIndex: RaftIndex;
  /** Undefined while nothing is applied. */
  readonly confState: ConfState | undefined;
}

export interface LogPosition {
  readonly localId: MemberId;
  readonly log: MemoryLog;
  readonly hardState: HardState;
  readonly snapshotIndex: RaftIndex;
}

interface Files {
  readonly files: MemberFiles;
  readonly directory: DataDirectory;
  readonly backend: Backend;
}

/**
 * The log below the snapshot is gone and the backend must hold its effects; and nothing is applied
 * that was not durable in the log before. If either fails, or the two tell of different histories
 * or members, one of them was replaced, lost or rolled back, and going on would drop or repeat
 * acknowledged writes.
 */
export function storedPosition(files: Files, position: LogPosition): StoredPosition {
  const { directory, backend } = files;
  const { log, hardState, snapshotIndex, localId } = position;
  const { index, term } = backend.consistentIndex();
  const fail = (problem: string): never => {
    throw new BootstrapError(
      `the backend ${directory.backendFile} and the write-ahead log in ${directory.walDir} do ` +
        `not belong together: ${problem}`,
    );
  };
  if (hardState.commit > log.lastIndex()) {
    throw new BootstrapError(
      `the write-ahead log in ${directory.walDir} ends at ${log.lastIndex()}, but entry ` +
        `${hardState.commit} was committed`,
    );
  }
  if (index < snapshotIndex) {
    const lost = `entries up to ${index} are applied, but the log was cut at ${snapshotIndex}`;
    fail(`${lost}${damageOf(files)}`);
  }
  if (index > log.lastIndex()) {
    fail(`entry ${index} is applied, but the log ends at ${log.lastIndex()}`);
  }
  if (index === 0) return { appliedIndex: RaftIndex(0), confState: undefined };
  const logTerm = log.term(index);
  if (logTerm !== term) fail(`entry ${index} is of term ${logTerm}, but was applied in ${term}`);
  if (!isKnown(backend, localId) && wasAdded(log, localId, index)) {
    fail(`the log is of member ${hexId(localId)}, which the backend does not know`);
  }
  const confState = backend.readMeta(CONF_STATE);
  if (confState === undefined) return fail('the backend has entries, but no membership');
  return { appliedIndex: index, confState: decodeConfState(confState) };
}

/** Where the commits went that are missing, if the backend's own log tells. */
function damageOf({ directory, files }: Files): string {
  const found = logBreak(directory.backendFile, files.disk);
  return found === undefined ? '' : `; ${found.file} is damaged at offset ${found.offset}`;
}

function isKnown(backend: Backend, localId: MemberId): boolean {
  const { members, removed } = new BackendMembershipRecords(backend).load();
  return [...[...members].map(({ id }) => id), ...removed].includes(localId);
}

/** Who joins a cluster applies what was before its addition: until then the backend need not know it. */
function wasAdded(log: MemoryLog, localId: MemberId, appliedIndex: RaftIndex): boolean {
  const { voters, learners } = log.initialState().confState;
  if ([...voters, ...learners].includes(localId)) return true;
  const entries = log.entries(log.firstIndex(), RaftIndex(appliedIndex + 1), Infinity);
  if (typeof entries === 'string') return false;
  return entries.some(
    ({ type, data }) => type === 'confChange' && decodeConfChange(data).nodeId === localId,
  );
}
