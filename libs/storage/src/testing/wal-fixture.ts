import { MemberId, RaftIndex, SILENT_LOGGER, Term } from '@etcd-ts/foundation';
import type { Disk } from '../disk.js';
import type { Entry, HardState } from '../log-record.js';
import type { WalOptions } from '../wal/wal-options.js';

export const ZERO = { index: RaftIndex(0), term: Term(0) };

export function entry(
  index: number,
  data: Uint8Array | string = `entry ${index}`,
  term = 1,
): Entry {
  return {
    type: 'normal',
    term: Term(term),
    index: RaftIndex(index),
    data: typeof data === 'string' ? Buffer.from(data) : data,
  };
}

export function hardState(commit: number, term = 1, vote = 0x8211f1d0f64f3269n): HardState {
  return { term: Term(term), vote: MemberId(vote), commit: RaftIndex(commit) };
}

export function walOptions(disk: Disk, segmentBytes = 16 * 1024): WalOptions {
  return {
    logger: SILENT_LOGGER,
    clock: { monotonicMs: () => performance.now(), wallMs: () => 0 },
    disk,
    segmentBytes,
  };
}

export const METADATA = Buffer.from('0888e0d3b8d7a7c6f8a501', 'hex');
