import { isDeepStrictEqual } from 'node:util';
import { fromBinaryString, LeaseId, Revision, SeededRng } from '@etcd-ts/foundation';
import { encodeKeyValue } from './key-value-codec.js';
import { MemoryBackend } from './memory-backend.js';
import type { RangeRequest } from './range-request.js';
import type { MvccStore } from './store.js';
import { LeaseTable } from './testing/lease-table.js';
import { NaiveStore } from './testing/naive-store.js';
import { RequestGenerator } from './testing/request-generator.js';
import { finish, openStore } from './testing/requests.js';
import type { RevisionCommit } from './watch-event.js';

const SEEDS = 40;
const STEPS = 120;

/** jest's own comparison is slow and explains well: it is asked only to explain. */
function expectSame(real: unknown, naive: unknown): void {
  if (!isDeepStrictEqual(real, naive)) expect(real).toEqual(naive);
}

/** The real store and the model side by side; every step is done to both. */
class Pair {
  readonly model = new NaiveStore();
  readonly #generator: RequestGenerator;
  #backend = new MemoryBackend();
  #leases = new LeaseTable();
  #store: MvccStore;
  #commits: RevisionCommit[] = [];

  constructor(seed: number) {
    this.#generator = new RequestGenerator(new SeededRng(seed));
    this.#store = this.#open();
  }

  step(): void {
    const action = this.#generator.below(100);
    if (action < 25) this.#put();
    else if (action < 55) this.#txn();
    else if (action < 62) this.#grant();
    else if (action < 66) this.#revoke();
    else if (action < 72) this.#compact();
    else if (action < 78) this.#store.compactionStep(1 + this.#generator.below(8));
    else if (action < 80) this.#sweep();
    else if (action < 85) this.#restart();
    else if (action < 90) this.#hash();
    else this.#history();
    this.#compareAll();
  }

  #open(): MvccStore {
    const store = openStore(this.#backend, this.#leases);
    store.onRevision = (commit) => this.#commits.push(commit);
    return store;
  }

  #put(): void {
    const request = this.#generator.put();
    const real = this.#store.put(request);
    const { model } = this;
    const naive = model.txn({ compares: [], success: [{ kind: 'put', request }], failure: [] });
    if (real.kind === 'failed' || naive.kind === 'failed') {
      expect(real.kind).toBe(naive.kind);
      return;
    }
    const { prevKv, revision } = real;
    expectSame([{ kind: 'put', prevKv, revision }], naive.results);
  }

  #txn(): void {
    const request = this.#generator.txn(this.model.current);
    const changesBefore = this.#commits.length;
    const before = this.model.current;
    const real = this.#store.txn(request);
    expectSame(real, this.model.txn(request));
    const changed = this.model.current > before ? 1 : 0;
    expect(this.#commits.length).toBe(changesBefore + changed);
  }

  #grant(): void {
    const lease = LeaseId(BigInt(1 + this.#generator.below(4)));
    this.#leases.grant(lease);
    this.model.leases.add(lease);
  }

  #revoke(): void {
    const lease = LeaseId(BigInt(1 + this.#generator.below(4)));
    this.model.leases.delete(lease);
    const keys = this.#leases.revoke(lease);
    this.#store.deleteKeys([...keys].reverse());
    this.model.deleteKeys(keys.map(fromBinaryString));
  }

  #compact(): void {
    const revision = this.#generator.below(this.model.current + 2);
    expect(this.#store.compact(revision).kind).toBe(this.model.compact(revision));
  }

  #restart(): void {
    this.#backend = this.#backend.clone();
    const attachments = this.#leases.attachments();
    this.#leases = this.#leases.withoutKeys();
    this.#store = this.#open();
    expect(this.#leases.attachments()).toEqual(attachments);
    if (this.#generator.chance(50)) this.#sweep();
  }

  #sweep(): void {
    while (!this.#store.compactionStep(5).done);
    expect(this.#backend.rowCount).toBe(this.model.rowCountAfterCompaction());
  }

  #hash(): void {
    const { current, compactedAt } = this.model;
    const revision = this.#generator.below(current + 2);
    const outcome = finish(this.#store.hashKv(revision));
    if (revision > current) expect(outcome.kind).toBe('future');
    else if (revision > 0 && revision < compactedAt) expect(outcome.kind).toBe('compacted');
    else {
      const at = revision > 0 ? revision : current;
      const hash = this.model.hash(at);
      expect(outcome).toEqual({
        kind: 'ok',
        hash,
        compactRevision: compactedAt,
        hashRevision: at,
        revision: current,
      });
    }
  }

  #history(): void {
    const { current, compactedAt } = this.model;
    const atCompaction = compactedAt > 0 && this.#generator.chance(40);
    const from = Revision(atCompaction ? compactedAt : 1 + this.#generator.below(current + 2));
    let next = from;
    const commits: RevisionCommit[] = [];
    while (next <= this.model.current) {
      const outcome = this.#store.readEvents(next, 1 + this.#generator.below(5));
      if (outcome.kind === 'compacted') {
        expect(from).toBeLessThan(this.model.compactedAt);
        return;
      }
      commits.push(...outcome.commits);
      expect(outcome.next).toBeGreaterThan(next);
      next = outcome.next;
    }
    expect(from).toBeGreaterThanOrEqual(this.model.compactedAt);
    expectSame(commits, this.model.commitsFrom(from));
    for (const { events } of commits) for (const event of events) this.#previous(event);
  }

  #previous(event: RevisionCommit['events'][number]): void {
    const before = event.kv.modRevision - 1;
    const created = event.type === 'put' && event.kv.createRevision === event.kv.modRevision;
    const expected =
      before < this.model.compactedAt || created
        ? undefined
        : this.model.stateAt(before).find((kv) => Buffer.compare(kv.key, event.kv.key) === 0);
    expectSame(this.#store.previousKeyValue(event), expected);
  }

  #compareAll(): void {
    const { model } = this;
    expect(this.#store.currentRevision).toBe(model.current);
    expect(this.#store.compactRevision).toBe(Math.max(model.compactedAt, 0));
    expect(this.#store.keyCount).toBe(model.stateAt(model.current).length);
    expect(this.#leases.attachments().length).toBe(
      model.stateAt(model.current).filter((kv) => kv.lease !== 0n).length,
    );
    for (let i = 0; i < 3; i++) {
      const request = this.#generator.range(model.current);
      expectSame(this.#store.range(request), model.range(request));
      this.#expectRowsOf(request);
    }
  }

  /** The rows of an answer are what its KeyValues are when they are encoded. */
  #expectRowsOf(request: RangeRequest): void {
    const expected = this.model.range(request);
    const outcome = this.#store.rangeEncoded(request);
    if (outcome.kind !== 'ok' || expected.kind !== 'ok') {
      expectSame(outcome, expected);
      return;
    }
    const { kvs, ...rest } = expected;
    expectSame(outcome, { ...rest, rows: kvs.map(encodeKeyValue) });
  }

  /** Whatever happened in between: each revision was announced once, in order. */
  expectAllAnnounced(): void {
    expectSame(this.#commits, this.model.commitsFrom(0));
  }
}

describe('a store under a random history', () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'answers like the naive one, seed %i',
    (seed) => {
      const pair = new Pair(seed);
      for (let step = 0; step < STEPS; step++) pair.step();
      pair.expectAllAnnounced();
    },
  );
});
