import type { Clock, Logger } from '@etcd-ts/foundation';
import type { Disk } from '../disk.js';

export interface BackendObserver {
  /** After each SQLite commit; seconds spent in all its slices. */
  committed(durationSeconds: number, operations: number): void;
}

export interface BackendOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly observer?: BackendObserver;
  /** The WAL holds data, so a missing file is a loss and open() throws instead of starting empty. */
  readonly mustExist: boolean;
  /** Calls back in a later turn of the event loop: between the slices of long work. */
  readonly soon?: (callback: () => void) => void;
  /** Renames and removes whole files; SQLite's own reads and writes do not go through it. */
  readonly disk?: Disk;
}
