import type { KeyValue, Operation } from '../operation.js';
import { happening, kv, lostPut, NOT_SERVED, ok, put, read, remove, UNKNOWN } from './story.js';
import type { Happening } from './story.js';

export const again = (value: string, modRevision: number, version: number): KeyValue =>
  kv('a', value, modRevision, { createRevision: 2, version });

const lease = 7n;
const leasedPut = (key: string, at: readonly [number, number], revision: number): Happening =>
  happening({ kind: 'put', key, value: 'x', lease }, at, ok(revision, { kind: 'put' }));
const revoke = (at: readonly [number, number], revision: number): Happening =>
  happening({ kind: 'leaseRevoke', lease }, at, ok(revision, { kind: 'leaseRevoke' }));
const leased = (key: string, revision: number): KeyValue => kv(key, 'x', revision, { lease });

const swap = (
  at: readonly [number, number],
  revision: number,
  seen: number,
  value: string,
): Happening => {
  const operation: Operation = {
    kind: 'txn',
    compares: [{ key: 'a', result: 'equal', target: { kind: 'mod', value: seen } }],
    success: [{ kind: 'put', key: 'a', value }],
    failure: [],
  };
  return happening(
    operation,
    at,
    ok(revision, { kind: 'txn', succeeded: true, results: [{ kind: 'put' }] }),
  );
};

const compact = (revision: number, at: readonly [number, number]): Happening =>
  happening({ kind: 'compact', revision }, at, ok(3, { kind: 'compact' }));
const readAt = (revision: number, at: readonly [number, number], seen?: KeyValue): Happening => {
  const kvs = seen === undefined ? [] : [seen];
  const result = { kind: 'range', kvs, count: kvs.length, more: false } as const;
  return happening({ kind: 'range', key: 'a', revision }, at, ok(3, result));
};
const refusedAt = (
  revision: number,
  at: readonly [number, number],
  failure: 'compacted' | 'futureRevision',
): Happening => happening({ kind: 'range', key: 'a', revision }, at, { kind: 'failed', failure });

/** What happened, in words, and as operations: all of it legal. */
export const LEGAL_HISTORIES: [string, Happening[]][] = [
  ['nothing at all', []],
  [
    'a write and a read after it',
    [put('a', '1', [1, 2], 2), read('a', [3, 4], 2, kv('a', '1', 2))],
  ],
  [
    'a read beside a write that sees it',
    [put('a', '1', [1, 4], 2), read('a', [2, 3], 2, kv('a', '1', 2))],
  ],
  [
    'a read beside a write that does not',
    [put('a', '1', [1, 4], 2), read('a', [2, 3], 1, undefined)],
  ],
  [
    'concurrent writes in the order opposite to their answers',
    [put('a', '1', [1, 5], 3), put('a', '2', [2, 3], 2)],
  ],
  [
    'a write without an answer that never happened',
    [lostPut('a', '1', 1), read('a', [2, 3], 1, undefined)],
  ],
  [
    'a write without an answer that happened later',
    [lostPut('a', '1', 1), read('a', [2, 3], 1, undefined), read('a', [4, 5], 2, kv('a', '1', 2))],
  ],
  [
    'two writes without an answer, of which only the second can be the one that is overwritten',
    [
      lostPut('b', '1', 1),
      lostPut('a', '1', 2),
      put('a', '2', [3, 4], 3),
      read('a', [5, 6], 3, again('2', 3, 2)),
    ],
  ],
  [
    'a serializable read of an old state',
    [put('a', '1', [1, 2], 2), read('a', [3, 4], 1, undefined, { serializable: true })],
  ],
  [
    'a delete of nothing, which makes no revision',
    [remove('a', [1, 2], 1, 0), put('a', '1', [3, 4], 2)],
  ],
  [
    'keys that go with their lease, in one revision nobody was told about',
    [leasedPut('a', [1, 2], 2), leasedPut('b', [3, 4], 3), read('a', [5, 6], 4, undefined)],
  ],
  [
    'a revoke whose header is from later',
    [leasedPut('a', [1, 2], 2), put('b', '1', [4, 6], 4), revoke([3, 7], 4)],
  ],
  [
    'a read at the compacted revision',
    [
      put('a', '1', [1, 2], 2),
      put('b', '1', [3, 4], 3),
      compact(2, [5, 6]),
      readAt(2, [7, 8], kv('a', '1', 2)),
    ],
  ],
  [
    'a refusal because of a compaction that is under way',
    [
      put('a', '1', [1, 2], 2),
      happening({ kind: 'compact', revision: 2 }, [3, 9], UNKNOWN),
      refusedAt(1, [4, 5], 'compacted'),
    ],
  ],
];

/** What went wrong, the rule that must notice, and the operations. */
export const BROKEN_HISTORIES: [string, string, Happening[]][] = [
  [
    'a lost update',
    'wrong-answer',
    [put('a', '1', [1, 2], 2), swap([3, 6], 3, 2, 'x'), swap([4, 7], 4, 2, 'y')],
  ],
  [
    'a stale read',
    'stale-read',
    [put('a', '1', [1, 2], 2), put('a', '2', [3, 4], 3), read('a', [5, 6], 2, kv('a', '1', 2))],
  ],
  [
    'a stale read with a fresh header',
    'wrong-read',
    [put('a', '1', [1, 2], 2), put('a', '2', [3, 4], 3), read('a', [5, 6], 3, kv('a', '1', 2))],
  ],
  [
    'a write that goes before one that had returned',
    'write-reordered',
    [put('a', '1', [1, 2], 3), put('b', '2', [3, 4], 2)],
  ],
  [
    'a phantom',
    'phantom-revision',
    [put('a', '1', [1, 2], 2), read('b', [3, 4], 3, kv('b', '1', 3)), put('c', '1', [5, 6], 4)],
  ],
  [
    'an unanswered write that happened twice',
    'phantom-revision',
    [
      lostPut('a', '1', 1),
      read('a', [2, 3], 2, kv('a', '1', 2)),
      read('a', [4, 5], 3, again('1', 3, 2)),
    ],
  ],
  [
    'an answered write that happened twice',
    'phantom-revision',
    [put('a', '1', [1, 2], 2), read('a', [3, 4], 3, again('1', 3, 2))],
  ],
  [
    'a read from the future',
    'write-reordered',
    [read('a', [1, 2], 2, kv('a', '1', 2)), put('a', '1', [3, 4], 2)],
  ],
  [
    'a read from the future on one member',
    'write-reordered',
    [read('a', [1, 2], 2, kv('a', '1', 2), { serializable: true }), put('a', '1', [3, 4], 2)],
  ],
  [
    'a gap in the revisions',
    'phantom-revision',
    [put('a', '1', [1, 2], 2), put('b', '1', [3, 4], 4)],
  ],
  [
    'a gap only later requests could fill',
    'phantom-revision',
    [put('a', '1', [1, 2], 3), lostPut('b', '1', 3)],
  ],
  [
    'two writes at one revision',
    'duplicate-revision',
    [put('a', '1', [1, 4], 2), put('b', '1', [2, 3], 2)],
  ],
  ['a write at the revision of the fresh store', 'duplicate-revision', [put('a', '1', [1, 4], 1)]],
  ['a revision out of reach', 'impossible-revision', [put('a', '1', [1, 4], 1_000_000)]],
  [
    'the effect of a write that failed',
    'phantom-revision',
    [
      happening({ kind: 'put', key: 'a', value: '1' }, [1, 2], NOT_SERVED),
      read('a', [3, 4], 2, kv('a', '1', 2)),
    ],
  ],
  [
    'an acknowledged write that is gone',
    'wrong-read',
    [put('a', '1', [1, 2], 2), read('a', [3, 4], 2, undefined)],
  ],
  [
    'a deleted key that is back',
    'wrong-read',
    [put('a', '1', [1, 2], 2), remove('a', [3, 4], 3, 1), read('a', [5, 6], 3, kv('a', '1', 2))],
  ],
  [
    'half a transaction',
    'wrong-read',
    [
      happening(
        {
          kind: 'txn',
          compares: [],
          success: [
            { kind: 'put', key: 'a', value: '1' },
            { kind: 'put', key: 'b', value: '1' },
          ],
          failure: [],
        },
        [1, 2],
        ok(2, { kind: 'txn', succeeded: true, results: [{ kind: 'put' }, { kind: 'put' }] }),
      ),
      read('b', [3, 4], 2, undefined),
    ],
  ],
  [
    'two answers that disagree about one revision',
    'disagreeing-reads',
    [
      lostPut('a', '1', 1),
      lostPut('a', '2', 2),
      read('a', [3, 4], 2, kv('a', '1', 2)),
      read('a', [5, 6], 2, kv('a', '2', 2)),
    ],
  ],
  [
    'a member that goes back',
    'revision-went-back',
    [
      put('a', '1', [1, 2], 2),
      read('a', [3, 4], 2, kv('a', '1', 2), { serializable: true, member: 'm' }),
      read('a', [5, 6], 1, undefined, { serializable: true, member: 'm' }),
    ],
  ],
  [
    'a lease revoked without its keys',
    'lease-keys-left',
    [leasedPut('a', [1, 2], 2), revoke([3, 4], 2)],
  ],
  [
    'keys of a lease that go one by one',
    'wrong-read',
    [
      leasedPut('a', [1, 2], 2),
      leasedPut('b', [3, 4], 3),
      read('a', [5, 6], 4, undefined),
      read('b', [7, 8], 4, leased('b', 3)),
    ],
  ],
  [
    'a write under a lease that is over',
    'dead-lease',
    [leasedPut('a', [1, 2], 2), revoke([3, 4], 3), leasedPut('a', [5, 6], 4)],
  ],
  [
    'a read below a finished compaction',
    'compacted-read',
    [
      put('a', '1', [1, 2], 2),
      put('b', '1', [3, 4], 3),
      compact(3, [5, 6]),
      readAt(2, [7, 8], kv('a', '1', 2)),
    ],
  ],
  [
    'a compaction nobody asked for',
    'wrong-refusal',
    [put('a', '1', [1, 2], 2), refusedAt(1, [3, 4], 'compacted')],
  ],
  [
    'a refusal of a revision that is there',
    'wrong-refusal',
    [put('a', '1', [1, 2], 2), refusedAt(2, [3, 4], 'futureRevision')],
  ],
  ['a compaction of the future', 'compacted-future', [compact(4, [1, 2])]],
];
