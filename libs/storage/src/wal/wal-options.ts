import type { Clock, Logger } from '@etcd-ts/foundation';
import { type Disk, NODE_DISK } from '../disk.js';
import type { Entry, HardState } from '../log-record.js';
import { SEGMENT_BYTES } from './segment-supply.js';

export interface WalObserver {
  /** After each fdatasync of the log. */
  fsynced(durationSeconds: number): void;
  /** After each write into the log. */
  written(bytes: number, durationSeconds: number): void;
}

export interface WalOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly observer?: WalObserver;
  /** Acknowledge without fdatasync: loses acknowledged writes at power loss. */
  readonly unsafeNoFsync?: boolean;
  /** Segments purge() leaves; 0 keeps all. Default 5, as etcd. */
  readonly maxWals?: number;
  /** Where the files are; the default is the machine's file system. */
  readonly disk?: Disk;
  /** Cut and preallocation size; the default is etcd's 64,000,000. */
  readonly segmentBytes?: number;
  /** False keeps every sync off the calling thread, for disks whose time is not the clock's. */
  readonly mayBlock?: boolean;
}

/** The options with nothing left open. */
export interface WalSettings extends WalOptions {
  readonly unsafeNoFsync: boolean;
  readonly maxWals: number;
  readonly disk: Disk;
  readonly segmentBytes: number;
  readonly mayBlock: boolean;
}

/** As etcd's --max-wals. */
const DEFAULT_MAX_WALS = 5;

export function walSettings(options: WalOptions): WalSettings {
  return {
    unsafeNoFsync: false,
    maxWals: DEFAULT_MAX_WALS,
    disk: NODE_DISK,
    segmentBytes: SEGMENT_BYTES,
    mayBlock: true,
    ...options,
  };
}

/** What a log held when it was opened. */
export interface LogContents {
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  /** Contiguous, the first at startSnapshot.index + 1. */
  readonly entries: readonly Entry[];
}
