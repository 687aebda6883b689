import { describeKv, sameKv } from '../agreement.js';
import type { HistoryEntry } from '../history.js';
import { inRange } from '../key-range.js';
import type { KeyRange, KeyValue, KvOperation, KvResult } from '../operation.js';
import type { Change, RevisionChanges } from '../timeline.js';
import type { Violation } from '../verdict.js';
import { answeredKv } from './placement.js';

/** A part of the authoritative event log: what a watch saw that lost nothing. */
export interface EventLog {
  /** Revisions ascending; those of other keys missing. */
  readonly revisions: readonly RevisionChanges[];
  /** The keys it covers; absent: all. */
  readonly scope?: KeyRange;
  /** All revisions from..through that touch the scope are in it. */
  readonly from: number;
  readonly through: number;
}

interface Sighting {
  readonly kv: KeyValue;
  readonly entry: HistoryEntry;
}

/**
 * What is known about revisions whose request got no answer: from event logs (complete) and from
 * key-values that anyone was ever shown, whose modRevision says where they come from.
 */
export class Evidence {
  readonly #logs: readonly EventLog[];
  readonly #logged = new Map<EventLog, Map<number, readonly Change[]>>();
  readonly #sightings = new Map<number, Map<string, Sighting>>();

  constructor(logs: readonly EventLog[]) {
    this.#logs = logs;
    for (const log of logs) {
      this.#logged.set(log, new Map(log.revisions.map((r) => [r.revision, r.changes])));
    }
  }

  /** Reads the answers; `isOpen` says which revisions it needs to know more about. */
  gather(
    entries: readonly HistoryEntry[],
    isOpen: (revision: number) => boolean,
  ): Violation | undefined {
    let broken: Violation | undefined;
    for (const entry of entries) {
      const kv = answeredKv(entry);
      if (kv === undefined) continue;
      forEachFullKv(kv.operation, kv.result, (shown) => {
        if (isOpen(shown.modRevision)) broken ??= this.#note(shown, entry);
      });
      if (broken !== undefined) return broken;
    }
    return undefined;
  }

  /** Why these cannot be all changes of this revision; undefined if nothing speaks against it. */
  objection(revision: number, changes: readonly Change[]): string | undefined {
    for (const log of this.#logs) {
      if (revision < log.from || revision > log.through) continue;
      const expected = this.#logged.get(log)?.get(revision) ?? [];
      const { scope } = log;
      const own = scope === undefined ? changes : changes.filter(({ key }) => inRange(key, scope));
      const wrong =
        own.length !== expected.length ||
        own.some((c, i) => c.key !== expected[i]?.key || !sameKv(c.kv, expected[i]?.kv));
      if (wrong) return 'the event log has other changes';
    }
    for (const [key, { kv }] of this.#sightings.get(revision) ?? []) {
      // The last change of the key is what was to be seen afterwards.
      const made = changes.findLast((change) => change.key === key);
      if (!sameKv(made?.kv, kv)) return `${describeKv(kv)} was seen`;
    }
    return undefined;
  }

  /** One change that the revision is known to have made, to look up who may have asked for it. */
  clue(revision: number): Change | undefined {
    for (const log of this.#logs) {
      const change = this.#logged.get(log)?.get(revision)?.[0];
      if (change !== undefined) return change;
    }
    for (const [key, { kv }] of this.#sightings.get(revision) ?? []) return { key, kv };
    return undefined;
  }

  witnesses(revision: number): HistoryEntry[] {
    return [...(this.#sightings.get(revision)?.values() ?? [])].map(({ entry }) => entry);
  }

  #note(kv: KeyValue, entry: HistoryEntry): Violation | undefined {
    let atRevision = this.#sightings.get(kv.modRevision);
    if (atRevision === undefined) {
      atRevision = new Map();
      this.#sightings.set(kv.modRevision, atRevision);
    }
    const known = atRevision.get(kv.key);
    if (known === undefined) atRevision.set(kv.key, { kv, entry });
    if (known === undefined || sameKv(known.kv, kv)) return undefined;
    return {
      rule: 'disagreeing-reads',
      message: `revision ${kv.modRevision} was shown as ${describeKv(known.kv)} and as ${describeKv(kv)}`,
      entries: [known.entry, entry],
    };
  }
}

function forEachFullKv(
  operation: KvOperation,
  result: KvResult,
  visit: (kv: KeyValue) => void,
): void {
  if (operation.kind === 'range' && result.kind === 'range') {
    if (operation.keysOnly !== true) result.kvs.forEach(visit);
  } else if (result.kind === 'put') {
    if (result.prevKv !== undefined) visit(result.prevKv);
  } else if (result.kind === 'deleteRange') {
    result.prevKvs?.forEach(visit);
  } else if (operation.kind === 'txn' && result.kind === 'txn') {
    const branch = result.succeeded ? operation.success : operation.failure;
    for (const [i, part] of branch.entries()) {
      const shown = result.results[i];
      if (shown !== undefined) forEachFullKv(part, shown, visit);
    }
  }
}
