import type { Rng } from '@etcd-ts/foundation';
import { type MemberFiles, memberFiles } from '../member-files.js';
import { CrashDisk } from './crash-disk.js';
import type { Survival } from './inode.js';
import { MemoryDatabases } from './memory-databases.js';

/** Small, so that a simulation of seconds sees segments cut and purged. */
const SEGMENT_BYTES = 256 * 1024;

/**
 * The storage of one simulated machine. Members are opened on `files`; a crash is a copy, and the
 * member that was running on the original may go on without doing any harm.
 */
export class SimulatedStorage {
  readonly disk: CrashDisk;
  readonly databases: MemoryDatabases;
  readonly files: MemberFiles;

  constructor(disk = new CrashDisk(), databases = new MemoryDatabases()) {
    this.disk = disk;
    this.databases = databases;
    this.files = memberFiles(disk, databases, { segmentBytes: SEGMENT_BYTES, mayBlock: false });
  }

  /** 'everything': only the process died. Hooks and faults are not taken over. */
  crash(survival: Survival, rng: Rng): SimulatedStorage {
    return new SimulatedStorage(
      this.disk.crash(survival, rng),
      this.databases.crash(survival, rng),
    );
  }
}
