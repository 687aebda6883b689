// Bugs that servers like this one have had, each as a change of our own sources: it is made while the
// simulator is bundled, so the sources themselves know nothing of it. A snippet that is not found
// exactly once ends the build: whoever changes such a line decides anew how it could go wrong.

/**
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} origin The accident it repeats.
 * @property {string} file
 * @property {readonly (readonly [string, string])[]} changes
 * @property {readonly Mutation[]} [also] What else must be wrong for it to show.
 * @property {readonly string[]} [options] Of the campaign that looks for it.
 */

/**
 * @typedef {object} Mutation
 * @property {string} file
 * @property {readonly (readonly [string, string])[]} changes
 */

const TOMBSTONE_DROPPED = [
  [
    'leaf.version(slot) === 0 && main < this.#revision',
    'leaf.version(slot) === 0 && main <= this.#revision',
  ],
  ['(history[newest] as number) < this.#revision', '(history[newest] as number) <= this.#revision'],
];

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  {
    name: 'index-before-effects',
    origin:
      'etcd #13766: a commit in the background stored the index of an entry without its effects',
    file: 'libs/storage/src/backend/backend.ts',
    changes: [
      [
        "assert(!this.#entryOpen, 'an entry is already open');",
        `const { index, term } = this.#position.applied;
         this.#position.applied = { index: (index + 1) as RaftIndex, term };
         if (index % 16 === 15) this.commit();`,
      ],
    ],
  },
  {
    name: 'index-not-advanced',
    origin: 'etcd #11652: a kind of entry did not advance the applied index, and was applied again',
    file: 'libs/server/src/replica.ts',
    changes: [
      [
        'backend.setConsistentIndex(entry.index, entry.term);\n  }',
        "backend.setConsistentIndex((entry.type === 'normal' ? entry.index : index) as never, entry.term);\n  }",
      ],
    ],
  },
  {
    name: 'answer-before-append',
    origin: 'etcd #14370: with one voter a write was answered while its fsync was under way',
    file: 'libs/server/src/raft-loop.ts',
    changes: [
      [
        'this.#durable.after(wal.sync(this.#isLoneWrite(ready)), () => this.#persisted(ready));',
        `wal.sync().catch(() => undefined);
         this.#durable.after(undefined, () => this.#persisted(ready));`,
      ],
    ],
    options: ['--members', '1'],
  },
  {
    name: 'promise-before-fsync',
    origin: 'raft 5.1, 5.2: votes and acknowledgements sent before they are durable',
    file: 'libs/raft/src/outbox.ts',
    changes: [['if (termIsDurable && !promisesDurability(message))', 'if (termIsDurable || true)']],
  },
  {
    name: 'failed-fsync-ignored',
    origin: 'fsyncgate: acknowledged after an fsync that failed, and gone on',
    file: 'libs/storage/src/wal/wal.ts',
    changes: [
      ['else await this.#file.sync();', 'else await this.#file.sync().catch(() => undefined);'],
    ],
    options: ['--members', '1'],
  },
  {
    name: 'log-cut-before-state-durable',
    origin: 'DESIGN: the log is cut though the state that covers it was never synced',
    file: 'libs/storage/src/backend/backend.ts',
    changes: [
      ['      await database.sync();\n    } catch', '      await Promise.resolve();\n    } catch'],
    ],
  },
  {
    name: 'read-id-reused',
    origin: 'etcd #20418: an answer to an earlier question confirmed a later read',
    file: 'libs/server/src/read-queue.ts',
    changes: [['bytes.writeBigUInt64BE(this.#nextId());', 'bytes.writeBigUInt64BE(1n);']],
  },
  {
    name: 'read-round-reused',
    origin: 'etcd #20418: a heartbeat answered before the read came confirmed it',
    file: 'libs/raft/src/read-only.ts',
    changes: [['    this.#lastRound++;\n', '    this.#lastRound = 1;\n']],
  },
  {
    name: 'read-without-quorum',
    origin: 'two leaders, each answering reads on its own word',
    file: 'libs/raft/src/reads.ts',
    changes: [["state.config.readOnly === 'lease' || decidesAlone(state)", 'true']],
  },
  {
    name: 'progress-of-the-store',
    origin: "etcd #15220: progress was told from the store's revision, not the watcher's",
    file: 'libs/mvcc/src/watch/hub.ts',
    changes: [
      [
        'if (watcher.group !== this.#synced) return undefined;\n    const delivered = watcher.nextRevision - 1;',
        'const delivered: number = this.#history.currentRevision;',
      ],
    ],
  },
  {
    name: 'slow-watcher-skips',
    origin: 'etcd #17529: what a slow watcher refused was counted as delivered',
    file: 'libs/mvcc/src/watch/hub.ts',
    changes: [
      [
        '    group.leave(watcher);\n    this.#slow',
        '    group.leave(watcher);\n    watcher.ownPosition = after(upTo);\n    this.#slow',
      ],
    ],
  },
  {
    name: 'event-twice',
    origin: 'etcd #17247: a watcher got events a second time',
    file: 'libs/mvcc/src/watch/hub.ts',
    changes: [
      [
        '    group.leave(watcher);\n    this.#slow',
        '    group.leave(watcher);\n    watcher.ownPosition = Math.max(watcher.startRevision, watcher.ownPosition - 1) as Revision;\n    this.#slow',
      ],
    ],
  },
  {
    name: 'watch-back-in-time',
    origin: 'etcd #15271: a restored snapshot set synced watchers back to where they had begun',
    file: 'libs/mvcc/src/watch/hub.ts',
    changes: [
      [
        'for (const watcher of formerlySynced) this.#place(watcher);',
        `for (const watcher of formerlySynced) {
           watcher.ownPosition = Math.max(1, watcher.startRevision, watcher.ownPosition - 50) as Revision;
           this.#place(watcher);
         }`,
      ],
    ],
  },
  {
    name: 'future-watch-admitted',
    origin: 'etcd #20221: a restored snapshot woke watchers that wait for a future revision',
    file: 'libs/mvcc/src/watch/hub.ts',
    changes: [
      [
        'for (const watcher of formerlySynced) this.#place(watcher);\n    this.#admitFuture();',
        `for (const watcher of formerlySynced) this.#place(watcher);
         for (let it = this.#future.peek(); it !== undefined; it = this.#future.peek()) {
           this.#future.remove(it);
           it.ownPosition = after(this.#published);
           this.#place(it);
         }`,
      ],
    ],
  },
  {
    name: 'revision-as-maximum',
    origin:
      'etcd #17780: after compaction and a restart the revision was that of the newest row left',
    file: 'libs/mvcc/src/restore.ts',
    changes: [
      ['if (stored !== undefined) state.currentRevision = decodeRevision(stored);', ''],
      [
        "assert(row.main <= state.currentRevision, 'a row lies behind the recorded current revision');",
        'state.currentRevision = Math.max(row.main, state.currentRevision) as Revision;',
      ],
    ],
    // As long as compactions leave the deletion at their revision, the newest row is always there.
    also: [{ file: 'libs/mvcc/src/key-index/index-compaction.ts', changes: TOMBSTONE_DROPPED }],
    options: ['--rule', 'revision-differs'],
  },
  {
    name: 'tombstone-dropped',
    origin: 'etcd #18089, #19179: compaction dropped a deletion at exactly its revision',
    file: 'libs/mvcc/src/key-index/index-compaction.ts',
    changes: TOMBSTONE_DROPPED,
  },
  {
    name: 'renewal-without-read-index',
    origin:
      'etcd #20615: a revoked lease was renewed by a leader that had not applied the revocation',
    file: 'libs/server/src/operations/leases.ts',
    changes: [
      [
        'await this.#parts.consensus.linearizable();\n    for (;;) {\n      const outcome',
        'await Promise.resolve();\n    for (;;) {\n      const outcome',
      ],
    ],
  },
  {
    name: 'lease-not-extended',
    origin: 'etcd #14253: a new leader did not know how long leases had to live',
    file: 'libs/lease/src/lessor.ts',
    changes: [
      [
        'this.#start(lease, seconds * 1000 + extendMs, nowMs);',
        'this.#start(lease, seconds * 300, nowMs);',
      ],
    ],
  },
  {
    name: 'revocation-by-former-leader',
    origin: 'etcd #15247: a leader that was paused ended leases that its successor had renewed',
    file: 'libs/server/src/proposals.ts',
    changes: [['proposal.inTerm === undefined || proposal.inTerm === leads', 'true']],
    options: ['--rule', 'lease-early'],
  },
  {
    name: 'users-not-reloaded',
    origin: 'etcd #14571: users and roles stayed what they were when a snapshot was restored',
    file: 'libs/server/src/transfer/snapshot-installer.ts',
    changes: [['    state.auth.load();\n', '']],
  },
  {
    name: 'members-not-reloaded',
    origin: 'the zombie members of 3.5: a second source of who is a member, older than the first',
    file: 'libs/server/src/transfer/snapshot-installer.ts',
    changes: [['    state.cluster.load();\n', '']],
  },
  {
    name: 'range-by-own-compaction',
    origin:
      'etcd #18667: whether a transaction may read an old revision depended on how far the member had compacted',
    file: 'libs/mvcc/src/txn-plan.ts',
    changes: [
      [
        'if (request.revision < state.compactedAt)',
        'if (request.revision < ((state as { sweptTo?: number }).sweptTo ?? -1))',
      ],
    ],
    also: [
      {
        file: 'libs/mvcc/src/compaction.ts',
        changes: [
          [
            '    this.#sweptAt = undefined;\n',
            '    this.#sweptAt = undefined;\n    (this.#state as { sweptTo?: number }).sweptTo = this.#finishedAt;\n',
          ],
        ],
      },
    ],
  },
  // From here on: bugs that only show in clusters that live for days and weeks.
  {
    name: 'long-timer-at-once',
    origin: 'timers of 31 bits: a check every thirty days was called every millisecond',
    file: 'libs/foundation/src/long-timers.ts',
    changes: [
      [
        'if (intervalMs <= LONGEST_TIMER_MS) return timers.every',
        'if (intervalMs > 0) return timers.every',
      ],
    ],
    options: ['--profile', 'years', '--virtual-seconds', '86400', '--rule', 'timer-overflow'],
  },
  {
    name: 'long-lease-wraps',
    origin:
      'a time to live of more than 31 bits of milliseconds wrapped round, and was over at once',
    file: 'libs/lease/src/lessor.ts',
    changes: [
      ['lease.expiryMs = nowMs + durationMs;', 'lease.expiryMs = nowMs + (durationMs | 0);'],
    ],
    options: ['--profile', 'years', '--virtual-seconds', '864000', '--rule', 'lease-early'],
  },
  {
    name: 'log-never-released',
    origin: 'files of the log that a snapshot covers were kept for ever',
    file: 'libs/storage/src/wal/segment-list.ts',
    changes: [
      [
        'this.#releasedIndex = Math.max(this.#releasedIndex, index);',
        'this.#releasedIndex = Math.min(this.#releasedIndex, index);',
      ],
    ],
    options: ['--profile', 'years', '--virtual-seconds', '2592000', '--rule', 'files-pile-up'],
  },
  {
    name: 'checkpoint-forgotten',
    origin: 'etcd #13508: checkpoints were not stored, so that every restart began a lease anew',
    file: 'libs/lease/src/lessor.ts',
    changes: [
      [
        'this.#leases.set(id, new Lease(id, ttl, remainingSeconds));',
        'this.#leases.set(id, new Lease(id, ttl, remainingSeconds * 0));',
      ],
      [
        'lease.remainingSeconds > 0 ? lease.remainingSeconds : lease.ttlSeconds;',
        'lease.remainingSeconds > 0 && this.#primary === undefined ? 0 : lease.ttlSeconds;',
      ],
    ],
    options: ['--profile', 'years', '--virtual-seconds', '2592000', '--rule', 'lease-overdue'],
  },
];
