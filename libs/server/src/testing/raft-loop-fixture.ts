import {
  EMPTY_BYTES,
  MemberId,
  RaftIndex,
  SeededRng,
  SILENT_LOGGER,
  Term,
} from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import { MemoryLog, Raft } from '@etcd-ts/raft';
import type { Entry, HardState, Message } from '@etcd-ts/raft';

import { applied } from '../apply/outcome.js';
import { Proposals } from '../proposals.js';
import { RaftLoop } from '../raft-loop.js';
import type { LogWriter, StateMachine } from '../raft-loop-parts.js';
import { raftRequest } from '../raft-request.js';
import { ReadQueue } from '../read-queue.js';

export const LOCAL = MemberId(1n);
export const OTHER = MemberId(2n);

/** A log whose fsyncs end when the test says so. */
class HeldWriter implements LogWriter {
  readonly appended: Entry[] = [];
  syncs = 0;
  /** Of the syncs, those this thread may be blocked for. */
  blocking = 0;
  isHeld = false;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  append(_hardState: HardState | undefined, entries: readonly Entry[]): void {
    this.appended.push(...entries);
  }

  sync(mayBlock = false): Promise<void> {
    this.syncs++;
    if (mayBlock) this.blocking++;
    if (!this.isHeld) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  saveSnapshot(): Promise<void> {
    return this.sync();
  }

  release(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

function createRaft(voters: readonly MemberId[], maxUncommittedSizeBytes: number) {
  const log = new MemoryLog();
  const confState = {
    voters,
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  log.applySnapshot({
    data: EMPTY_BYTES,
    metadata: { confState, index: RaftIndex(1), term: Term(1) },
  });
  const raft = new Raft({
    id: LOCAL,
    electionTicks: 10,
    heartbeatTicks: 1,
    storage: log,
    applied: RaftIndex(1),
    maxSizePerMessageBytes: 1_000_000,
    maxCommittedSizePerReadyBytes: 1_000_000,
    maxUncommittedSizeBytes,
    maxInflightMessages: 16,
    checkQuorum: true,
    preVote: true,
    readOnly: 'safe',
    rng: new SeededRng(1),
  });
  return { log, raft };
}

export function setUp(voters: readonly MemberId[] = [LOCAL], maxUncommittedSizeBytes = 1_000_000) {
  const time = new ManualTime();
  const { log, raft } = createRaft(voters, maxUncommittedSizeBytes);
  let lastId = 0n;
  const proposals = new Proposals(time, 7000);
  const reads = new ReadQueue(time, 7000, () => ++lastId);
  const writer = new HeldWriter();
  const entries: Entry[] = [];
  const machine: StateMachine = {
    apply: (batch) => {
      for (const entry of batch) {
        entries.push(entry);
        const request = proposals.requestOf(entry.data);
        const id = request?.header?.ID;
        if (id !== undefined) proposals.settle(id, applied({ kind: 'conf' }));
      }
    },
    leadershipChanged: () => undefined,
    install: () => Promise.resolve(),
  };
  const sent: Message[] = [];
  const failures: Error[] = [];
  const dropped: number[] = [];
  const loop = new RaftLoop(
    {
      raft,
      log,
      wal: writer,
      proposals,
      reads,
      clock: time,
      scheduler: time,
      logger: SILENT_LOGGER,
      tickIntervalMs: 100,
      electionTimeoutMs: 1000,
      send: (messages) => sent.push(...messages),
      dropped: (count) => dropped.push(count),
      failed: (error) => failures.push(error),
    },
    machine,
  );
  const propose = (text: string): Promise<unknown> => {
    const id = ++lastId;
    const settled = proposals.add(id, raftRequest(id, {}), Buffer.from(text));
    settled.catch(() => undefined);
    loop.wake();
    return settled;
  };
  const texts = () => entries.map(({ data }) => Buffer.from(data).toString());
  return {
    time,
    raft,
    reads,
    proposals,
    writer,
    machine,
    loop,
    sent,
    failures,
    dropped,
    propose,
    texts,
  };
}

/** Of the leader of term 2, after `previous`; up to `last`, if given. */
export function append(previous: number, last = previous, data: Uint8Array = EMPTY_BYTES): Message {
  const entries: Entry[] = [];
  for (let index = previous + 1; index <= last; index++) {
    entries.push({ type: 'normal', term: Term(2), index: RaftIndex(index), data });
  }
  return {
    type: 'appendEntries',
    from: OTHER,
    to: LOCAL,
    term: Term(2),
    previousIndex: RaftIndex(previous),
    previousTerm: Term(previous === 1 ? 1 : 2),
    entries,
    commit: RaftIndex(1),
  };
}

export type SetUp = ReturnType<typeof setUp>;
