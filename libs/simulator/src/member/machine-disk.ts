import type { Rng } from '@etcd-ts/foundation';
import { SimulatedStorage } from '@etcd-ts/storage';
import type { MemberFiles, Survival } from '@etcd-ts/storage';

/** An fsync of the log takes so long, when nothing is wrong. */
const MIN_SYNC_MS = 0.1;
const MAX_SYNC_MS = 1.5;

/** Calls back after so long, unless the process that runs on the machine ends before. */
export type WaitOnMachine = (delayMs: number, callback: () => void) => void;

/** The disk of one machine: what survives which end of a process, and how its fsyncs fare. */
export class MachineDisk {
  readonly #rng: Rng;
  readonly #wait: WaitOnMachine;
  #storage = new SimulatedStorage();
  /** Of every fsync; undefined: the usual. */
  #syncMs: number | undefined;
  #syncFails = false;

  constructor(rng: Rng, wait: WaitOnMachine) {
    this.#rng = rng;
    this.#wait = wait;
    this.#attach();
  }

  get files(): MemberFiles {
    return this.#storage.files;
  }

  get isBroken(): boolean {
    return this.#syncFails;
  }

  get isFine(): boolean {
    return this.#syncMs === undefined && !this.#syncFails;
  }

  /** Of the log, and of snapshots. */
  fileCounts(): { readonly wal: number; readonly snap: number } {
    const { disk } = this.#storage;
    const count = (directory: string, suffix: string): number =>
      disk.list(directory).filter((name) => name.endsWith(suffix)).length;
    return { wal: count('/data/member/wal', '.wal'), snap: count('/data/member/snap', '.snap') };
  }

  slow(syncMs: number): void {
    this.#syncMs = syncMs;
  }

  break(): void {
    this.#syncFails = true;
  }

  heal(): void {
    this.#syncMs = undefined;
    this.#syncFails = false;
  }

  crash(survival: Survival): void {
    this.#storage = this.#storage.crash(survival, this.#rng);
    this.#attach();
  }

  #attach(): void {
    const { disk, databases } = this.#storage;
    disk.onSync = () => this.#sync();
    databases.onSync = () => this.#sync();
  }

  #sync(): Promise<void> {
    const usualMs = MIN_SYNC_MS + this.#rng.next() * (MAX_SYNC_MS - MIN_SYNC_MS);
    const fails = this.#syncFails;
    return new Promise((resolve, reject) => {
      this.#wait(usualMs + (this.#syncMs ?? 0), () => {
        if (fails) reject(Object.assign(new Error('EIO: injected, fdatasync'), { code: 'EIO' }));
        else resolve();
      });
    });
  }
}
