import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LeaseId, NO_LEASE, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Clock, Scheduler } from '@etcd-ts/foundation';
import { MvccStore } from '@etcd-ts/mvcc';
import type {
  EncodedRange,
  LeaseAttachments,
  RangeRequest as DomainRangeRequest,
} from '@etcd-ts/mvcc';
import { Backend } from '@etcd-ts/storage';
import { RangeRequest, RangeRequest_SortOrder } from '@etcd-ts/wire-protocol';

import { SYSTEM_CLOCK } from '../system-time.js';
import { toDomainRange } from '../translate/request-translation.js';
import { isLongRange, readLongRange } from './long-range.js';

const KEYS = 3000;
const ALL = { key: Buffer.from([0]), rangeEnd: Buffer.from([0]) };

const domainRange = (options: Partial<RangeRequest>): DomainRangeRequest =>
  toDomainRange(RangeRequest.create(options));

const NO_LEASES: LeaseAttachments = {
  exists: () => false,
  attach: () => undefined,
  detach: () => undefined,
  leaseOf: () => NO_LEASE,
};

/** Everything takes long, so that every slice is one of its own. */
class SlowTime {
  #nowMs = 0;
  readonly clock: Clock = { monotonicMs: () => (this.#nowMs += 10), wallMs: () => 0 };
  readonly scheduler: Scheduler = {
    after: () => () => undefined,
    every: () => () => undefined,
    soon: (callback) => void setImmediate(callback),
  };
}

describe('a range over many keys', () => {
  let directory: string;
  let backend: Backend;
  let store: MvccStore;

  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'etcd-ts-long-range-'));
    backend = Backend.open(join(directory, 'db.sqlite'), {
      logger: SILENT_LOGGER,
      clock: SYSTEM_CLOCK,
      mustExist: false,
    });
    const restoring = MvccStore.restore(backend, NO_LEASES);
    for (let step = restoring.next(); ; step = restoring.next()) {
      if (step.done !== true) continue;
      store = step.value;
      break;
    }
    const rng = new SeededRng(1);
    for (let i = 0; i < KEYS; i++) put(`key ${rng.below(KEYS * 10)} ${i}`, `value ${i}`);
  });

  afterEach(async () => {
    await backend.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  function put(key: string, value: string): void {
    const lease = LeaseId(NO_LEASE);
    store.put({
      key: Buffer.from(key),
      value: Buffer.from(value),
      lease,
      ignoreValue: false,
      ignoreLease: false,
      prevKv: false,
    });
  }

  function atOnce(request: DomainRangeRequest): EncodedRange {
    const outcome = store.rangeEncoded(request);
    if (outcome.kind !== 'ok') throw new Error(outcome.kind);
    return outcome;
  }

  /** `meanwhile` happens whenever others have their turn. */
  async function inSlices(
    request: DomainRangeRequest,
    meanwhile: (turn: number) => void = () => undefined,
  ): Promise<{ range: EncodedRange | undefined; turns: number }> {
    let turns = 0;
    const range = await readLongRange(store, request, {
      time: new SlowTime(),
      mayGoOn: () => Promise.resolve(meanwhile(++turns)),
    });
    return { range, turns };
  }

  it.each([
    ['all keys', {}],
    ['up to a limit', { limit: 1500n }],
    ['up to a limit beyond the last', { limit: 100_000n }],
    ['without values', { keysOnly: true }],
    ['of the past', { revision: 1234n }],
    ['of the past, up to a limit', { revision: 2345n, limit: 2000n }],
    ['in ascending order', { sortOrder: RangeRequest_SortOrder.ASCEND }],
  ])('is answered in slices as it is at once: %s', async (_what, options) => {
    const request = domainRange({ ...ALL, ...options });
    expect(isLongRange(store, request)).toBe(true);
    const { range, turns } = await inSlices(request);
    expect(range).toEqual(atOnce(request));
    expect(turns).toBeGreaterThan(1);
  });

  it('is all of the revision at which it began, and says so, whatever is written meanwhile', async () => {
    const request = domainRange(ALL);
    const before = atOnce(request);
    const { range } = await inSlices(request, (turn) => {
      put(`key 0 ${turn}`, 'new');
      put(`key 9 ${turn}`, 'new');
      const [first] = atOnce(domainRange({ ...ALL, limit: 1n })).rows;
      expect(first).toBeDefined();
    });
    expect(range).toEqual(before);
    expect(store.currentRevision).toBeGreaterThan(before.revision);
  });

  it('begins anew when a compaction takes its revision away, unless the request names it', async () => {
    const compacting = (turn: number): void => {
      if (turn !== 1) return;
      put('key', 'new');
      expect(store.compact(store.currentRevision).kind).toBe('scheduled');
    };
    expect((await inSlices(domainRange(ALL), compacting)).range).toBeUndefined();
    const named = domainRange({ ...ALL, revision: BigInt(store.currentRevision) });
    await expect(inSlices(named, compacting)).rejects.toThrow(
      'etcdserver: mvcc: required revision has been compacted',
    );
  });

  it('ends where it must not go on', async () => {
    const refused = inSlices(domainRange(ALL), () => {
      throw new Error('no more');
    });
    await expect(refused).rejects.toThrow('no more');
  });

  it('is not sliced when it is short, counted only, or needs all rows before the first', () => {
    for (const options of [
      { limit: 1000n },
      { countOnly: true },
      { sortOrder: RangeRequest_SortOrder.DESCEND },
      { minModRevision: 5n },
      { rangeEnd: Buffer.alloc(0) },
      { key: Buffer.from('key 11'), rangeEnd: Buffer.from('key 12') },
    ]) {
      const request = domainRange({ ...ALL, ...options });
      expect([options, isLongRange(store, request)]).toEqual([options, false]);
    }
  });
});
