import { must } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex, Rng } from '@etcd-ts/foundation';
import type { RaftConfig } from '../config.js';
import { MemoryLog } from '../log/memory-log.js';
import type { Message } from '../message.js';
import { Raft } from '../raft.js';
import type { ReadState, Ready } from '../ready.js';
import type { ConfState, Entry } from '../types.js';
import { decodeConfChange } from './conf-change-codec.js';

export type MemberOptions = Omit<RaftConfig, 'id' | 'storage' | 'applied' | 'rng'>;

export const DEFAULT_OPTIONS: MemberOptions = {
  electionTicks: 3,
  heartbeatTicks: 1,
  maxSizePerMessageBytes: 1 << 20,
  maxCommittedSizePerReadyBytes: 1 << 20,
  maxUncommittedSizeBytes: 1 << 20,
  maxInflightMessages: 16,
  checkQuorum: false,
  preVote: false,
  readOnly: 'safe',
};

/** An applied entry as tests compare it. */
export interface Applied {
  readonly index: RaftIndex;
  readonly command: string;
}

/**
 * An owner of a Raft that does by hand, step by step, what the server does: take a Ready, persist,
 * apply. The disk is the MemoryLog, which gets only what persist() has reached, so that a restart
 * finds exactly what a crash at that moment leaves.
 */
export class Member {
  readonly id: MemberId;
  readonly disk: MemoryLog;
  readonly #options: MemberOptions;
  readonly #rng: Rng;
  readonly #send: (message: Message) => void;
  raft: Raft;
  /** Readies taken and not persisted, oldest first. */
  unpersisted: Ready[] = [];
  /** Committed entries taken and not applied. */
  unapplied: Entry[] = [];
  applied: Applied[] = [];
  reads: ReadState[] = [];

  constructor(
    id: MemberId,
    disk: MemoryLog,
    options: MemberOptions,
    rng: Rng,
    send: (message: Message) => void,
  ) {
    this.id = id;
    this.disk = disk;
    this.#options = options;
    this.#rng = rng;
    this.#send = send;
    this.raft = this.#start();
  }

  #start(): Raft {
    const snapshot = this.disk.snapshot();
    const applied = snapshot === 'unavailable' ? 0 : snapshot.metadata.index;
    this.applied = snapshot === 'unavailable' ? [] : restoreApplied(snapshot.data);
    return new Raft({
      ...this.#options,
      id: this.id,
      storage: this.disk,
      applied: applied as RaftIndex,
      rng: this.#rng,
    });
  }

  /** Everything that was not persisted is gone. */
  restart(): void {
    this.unpersisted = [];
    this.unapplied = [];
    this.reads = [];
    this.raft = this.#start();
  }

  takeReady(): Ready {
    const ready = this.raft.ready();
    for (const message of ready.messages) this.#send(message);
    this.unapplied.push(...ready.committedEntries);
    this.reads.push(...ready.readStates);
    this.unpersisted.push(ready);
    return ready;
  }

  /** The disk finishes the oldest Ready. */
  persist(): void {
    const ready = must(this.unpersisted.shift(), 'a Ready to persist');
    if (ready.snapshot !== undefined) this.disk.applySnapshot(ready.snapshot);
    this.disk.append(ready.entries);
    if (ready.hardState !== undefined) this.disk.setHardState(ready.hardState);
    if (ready.snapshot !== undefined) {
      this.applied = restoreApplied(ready.snapshot.data);
      this.unapplied = [];
      this.raft.snapshotPersisted(ready.snapshot.metadata.index);
    }
    const last = ready.entries[ready.entries.length - 1];
    if (last !== undefined) this.raft.persisted(last.index, last.term);
    for (const message of ready.messagesAfterPersist) this.#send(message);
  }

  /** Applies what was handed out. Returns it. */
  apply(): readonly Entry[] {
    const entries = this.unapplied;
    this.unapplied = [];
    for (const entry of entries) this.#applyEntry(entry);
    return entries;
  }

  #applyEntry(entry: Entry): void {
    if (entry.type !== 'normal') this.raft.applyConfChange(decodeConfChange(entry.data));
    this.applied.push({ index: entry.index, command: commandOf(entry) });
    this.raft.applied(entry.index);
  }

  /** As the server does from time to time: a snapshot of what is applied, and the log cut. */
  compact(index: RaftIndex): void {
    const upTo = this.applied.filter((one) => one.index <= index);
    const confState: ConfState = this.raft.confState;
    this.disk.createSnapshot(index, confState, Buffer.from(JSON.stringify(upTo)));
    this.disk.compact(index);
  }

  /** Nothing to take, persist or apply. */
  isQuiet(): boolean {
    return this.unpersisted.length === 0 && this.unapplied.length === 0 && !this.raft.hasReady();
  }

  /** Takes, persists and applies until quiet. */
  settle(): void {
    while (!this.isQuiet()) {
      if (this.raft.hasReady()) this.takeReady();
      while (this.unpersisted.length > 0) this.persist();
      this.apply();
    }
  }
}

export function commandOf(entry: Entry): string {
  if (entry.type === 'normal') return Buffer.from(entry.data).toString();
  const { transition, changes } = decodeConfChange(entry.data);
  const words = changes.map(({ type, nodeId }) => `${type} ${nodeId}`);
  return `[${transition} ${words.join(', ')}]`;
}

function restoreApplied(data: Uint8Array): Applied[] {
  return data.length === 0 ? [] : (JSON.parse(Buffer.from(data).toString()) as Applied[]);
}
