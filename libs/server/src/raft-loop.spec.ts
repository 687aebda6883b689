import {
  EMPTY_BYTES,
  MemberId,
  RaftIndex,
  SeededRng,
  SILENT_LOGGER,
  Term,
} from '@etcd-ts/foundation';
import { MemoryLog, Raft } from '@etcd-ts/raft';
import type { Entry, HardState, Message } from '@etcd-ts/raft';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { applied } from './apply/outcome.js';
import { Proposals } from './proposals.js';
import { RaftLoop } from './raft-loop.js';
import type { LogWriter, StateMachine } from './raft-loop.js';
import { raftRequest } from './raft-request.js';
import { ReadQueue } from './read-queue.js';
import { ManualTime, settle } from './testing/manual-time.js';

const LOCAL = MemberId(1n);
const OTHER = MemberId(2n);

/** A log whose fsyncs end when the test says so. */
class HeldWriter implements LogWriter {
  readonly appended: Entry[] = [];
  syncs = 0;
  isHeld = false;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  append(_hardState: HardState | undefined, entries: readonly Entry[]): void {
    this.appended.push(...entries);
  }

  sync(): Promise<void> {
    this.syncs++;
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

function setUp(voters: readonly MemberId[] = [LOCAL], maxUncommittedSizeBytes = 1_000_000) {
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
function append(previous: number, last = previous, data: Uint8Array = EMPTY_BYTES): Message {
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

type SetUp = ReturnType<typeof setUp>;

async function lead({ loop, raft }: SetUp): Promise<void> {
  loop.start();
  loop.campaignIfAlone();
  await settle();
  expect(raft.isLeader).toBe(true);
}

describe('the raft loop', () => {
  it('applies and acknowledges only what an fsync has made durable', async () => {
    const parts = setUp();
    await lead(parts);
    parts.writer.isHeld = true;
    let acknowledged = false;
    const write = parts.propose('a').then(() => (acknowledged = true));
    await parts.time.advance(1000);
    expect(parts.writer.appended.at(-1)?.data.toString()).toBe('a');
    expect([parts.texts().includes('a'), acknowledged]).toEqual([false, false]);
    parts.writer.release();
    await write;
    expect(parts.texts().at(-1)).toBe('a');
  });

  it('gathers the next batch while an fsync is under way', async () => {
    const parts = setUp();
    await lead(parts);
    const before = parts.writer.syncs;
    parts.writer.isHeld = true;
    const writes = Array.from({ length: 100 }, (_, i) => parts.propose(`first ${i}`));
    await settle();
    writes.push(...Array.from({ length: 100 }, (_, i) => parts.propose(`second ${i}`)));
    await settle();
    expect(parts.writer.syncs - before).toBe(2);
    parts.writer.release();
    await Promise.all(writes);
    expect(parts.texts().slice(-200)).toEqual([
      ...Array.from({ length: 100 }, (_, i) => `first ${i}`),
      ...Array.from({ length: 100 }, (_, i) => `second ${i}`),
    ]);
  });

  it('never acknowledges after a write has failed, whatever comes later', async () => {
    const parts = setUp();
    await lead(parts);
    parts.writer.isHeld = true;
    const applied = parts.texts().length;
    void parts.propose('a');
    await settle();
    parts.writer.isHeld = false;
    void parts.propose('b');
    parts.writer.fail(new Error('EIO'));
    await settle();
    await parts.time.advance(5000);
    expect(parts.failures.map(({ message }) => message)).toEqual(['EIO']);
    expect(parts.texts()).toHaveLength(applied);
    expect((await parts.loop.stop())?.message).toBe('EIO');
  });

  it('keeps proposals and reads that come before there is a leader', async () => {
    const parts = setUp();
    parts.loop.start();
    const write = parts.propose('early');
    const read = parts.reads.wait();
    await settle();
    expect(parts.texts()).toEqual([]);
    parts.loop.campaignIfAlone();
    // Neither needs the retry of a round that raft has dropped.
    await Promise.all([write, read]);
    expect(parts.time.monotonicMs()).toBe(0);
  });

  it('answers a read at once when it is alone', async () => {
    const parts = setUp();
    await lead(parts);
    await parts.propose('a');
    const read = parts.reads.wait();
    parts.loop.wake();
    await read;
    expect(parts.time.monotonicMs()).toBe(0);
  });

  it('asks again for a read index that raft has dropped', async () => {
    const parts = setUp();
    await lead(parts);
    jest.spyOn(parts.raft, 'readIndex').mockReturnValueOnce('dropped');
    let isDone = false;
    void parts.reads.wait().then(() => (isDone = true));
    parts.loop.wake();
    await parts.time.advance(400);
    expect(isDone).toBe(false);
    await parts.time.advance(200);
    expect(isDone).toBe(true);
  });

  it('tells callers, and counts, what raft refuses to hold', async () => {
    const parts = setUp([LOCAL], 1000);
    await lead(parts);
    parts.writer.isHeld = true;
    const first = parts.propose('x'.repeat(900));
    await settle();
    await expect(parts.propose('y'.repeat(900))).rejects.toThrow(
      ERRORS.RequestTooManyRequests.message,
    );
    expect(parts.dropped).toEqual([1]);
    parts.writer.release();
    await first;
  });

  it('does not campaign before its time unless it is the only voter', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.loop.campaignIfAlone();
    await settle();
    expect(parts.raft.status().role).toBe('follower');
    expect(parts.failures).toEqual([]);
  });

  it('asks for votes only when its own is on disk', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    await parts.time.advance(2000);
    parts.writer.isHeld = true;
    parts.loop.receive({
      type: 'requestPreVoteResponse',
      from: OTHER,
      to: LOCAL,
      term: Term(1),
      reject: false,
    });
    await settle();
    expect(parts.raft.status()).toMatchObject({ role: 'candidate', term: 1 });
    expect(parts.sent.filter(({ type }) => type === 'requestVote')).toEqual([]);
    parts.writer.release();
    await settle();
    expect(parts.sent.filter(({ type }) => type === 'requestVote')).toHaveLength(1);
  });

  it('acknowledges an append only when it, and all before it, is on disk', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    parts.loop.receive(append(1, 2));
    await settle();
    // Nothing to write, but it speaks of what is still being written.
    parts.loop.receive(append(2));
    await settle();
    expect(parts.sent).toEqual([]);
    parts.writer.release();
    await settle();
    expect(parts.sent.map((message) => 'index' in message && message.index)).toEqual([2, 2]);
  });

  it('neither leads nor campaigns while its disk takes no writes', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    parts.loop.receive(append(1, 2));
    await parts.time.advance(1100);
    const { role, term } = parts.raft.status();
    await parts.time.advance(10_000);
    expect(parts.raft.status()).toMatchObject({ role, term });
    expect(parts.sent).toEqual([]);
    parts.writer.release();
    await parts.time.advance(3000);
    expect(parts.sent.map(({ type }) => type)).toContain('requestPreVote');
  });

  it('is not stalled by answers that have nothing to write', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    parts.loop.receive(append(1, 2));
    await settle();
    parts.loop.receive(append(2));
    await settle();
    parts.writer.release();
    await parts.time.advance(5000);
    expect(parts.sent.map(({ type }) => type)).toContain('requestPreVote');
  });

  it('takes no more appends than it may hold for the disk', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    const large = Buffer.alloc(128 * 1024 * 1024 + 1);
    for (const index of [1, 2]) {
      expect(parts.loop.receive(append(index, index + 1, large))).toBe('taken');
      await settle();
    }
    expect(parts.loop.receive(append(3, 4))).toBe('full');
    parts.writer.release();
    await settle();
    expect(parts.loop.receive(append(3, 4))).toBe('taken');
  });

  it('fails when an entry cannot be applied, and applies none after it', async () => {
    const parts = setUp();
    await lead(parts);
    jest.spyOn(parts.machine, 'apply').mockImplementationOnce(() => {
      throw new Error('poison');
    });
    void parts.propose('a');
    await settle();
    void parts.propose('b');
    await parts.time.advance(1000);
    expect(parts.failures.map(({ message }) => message)).toEqual(['poison']);
    expect(parts.texts()).not.toContain('b');
  });
});
