import { describeKv, sameKv } from './agreement.js';
import { inRange } from './key-range.js';
import type { Change, Timeline } from './timeline.js';
import type { Verdict } from './verdict.js';
import { OK, violation } from './verdict.js';
import { firstRevision } from './watch-record.js';
import type { WatchedEvent, WatchRecord, WatchResponse } from './watch-record.js';

export interface WatchCheckOptions {
  /**
   * The highest revision anybody asked to compact: only at or below it may a previous value be
   * missing. Default: anywhere.
   */
  readonly compactedThrough?: number;
}

/** Watches against what really happened (W1-W10). Stops at the first broken promise. */
export function checkWatches(
  records: readonly WatchRecord[],
  timeline: Timeline,
  { compactedThrough = Infinity }: WatchCheckOptions = {},
): Verdict {
  for (const record of records) {
    const found = new WatchReplay(record, timeline, compactedThrough).run();
    if (found !== undefined) {
      return violation(found.rule, `watch ${record.name}: ${found.message}`);
    }
  }
  return OK;
}

interface Finding {
  readonly rule: string;
  readonly message: string;
}

/** Follows one watcher through the timeline: what it got must be what came next, and all of it. */
class WatchReplay {
  readonly #record: WatchRecord;
  readonly #timeline: Timeline;
  readonly #compactedThrough: number;
  /** The next revision to look at, and the position of the next change in it. */
  #revision: number;
  #position = 0;
  /** Everything up to here has been promised as delivered by a progress notification. */
  #progress = 0;
  #canceled = false;

  constructor(record: WatchRecord, timeline: Timeline, compactedThrough: number) {
    this.#compactedThrough = compactedThrough;
    this.#record = record;
    this.#timeline = timeline;
    this.#revision = firstRevision(record);
  }

  run(): Finding | undefined {
    const { responses, resumes, mustReach } = this.#record;
    if (resumes !== undefined) {
      const left = resumedFrom(resumes);
      if (firstRevision(this.#record) > left) {
        return { rule: 'watch-gap', message: `resumed behind revision ${left}` };
      }
    }
    for (const response of responses) {
      if (this.#canceled) return { rule: 'watch-after-cancel', message: 'got more after its end' };
      const finding = this.#take(response);
      if (finding !== undefined) return finding;
    }
    if (mustReach === undefined || this.#canceled) return undefined;
    return this.#missingThrough(mustReach, 'the end of the run');
  }

  #take(response: WatchResponse): Finding | undefined {
    switch (response.kind) {
      case 'events':
        return this.#events(response);
      case 'progress':
        return this.#progressed(response.revision);
      case 'canceled':
        this.#canceled = true;
        return this.#canceledAt(response.compactRevision);
    }
  }

  #events({ events, fragment, revision }: WatchResponse & { kind: 'events' }): Finding | undefined {
    for (const event of events) {
      const finding = this.#event(event);
      if (finding !== undefined) return finding;
    }
    const last = events.at(-1);
    if (last === undefined) return { rule: 'watch-empty', message: 'a response without events' };
    if (revision < last.kv.modRevision) {
      return { rule: 'watch-header', message: `header ${revision} below its events` };
    }
    const rest = this.#nextExpected(last.kv.modRevision);
    if (fragment === true || rest === undefined) return undefined;
    return {
      rule: 'watch-split',
      message: `revision ${last.kv.modRevision} was split: ${describeChange(rest.change)} is missing`,
    };
  }

  #event(event: WatchedEvent): Finding | undefined {
    const { key, modRevision } = event.kv;
    const what = `${event.type} of ${JSON.stringify(key)} at ${modRevision}`;
    if (modRevision < firstRevision(this.#record)) {
      return {
        rule: 'watch-early',
        message: `${what} is before its start ${firstRevision(this.#record)}`,
      };
    }
    if (modRevision <= this.#progress) {
      return { rule: 'watch-progress', message: `${what} came after progress ${this.#progress}` };
    }
    if (!this.#wants(event.type, key))
      return { rule: 'watch-filter', message: `${what} was not asked for` };
    const expected = this.#nextExpected(modRevision);
    if (
      expected === undefined ||
      expected.revision !== modRevision ||
      expected.change.key !== key
    ) {
      return this.#misplaced(event, what, expected);
    }
    this.#revision = expected.revision;
    this.#position = expected.position + 1;
    const { kv } = expected.change;
    if (
      (kv === undefined) !== (event.type === 'delete') ||
      (kv !== undefined && !sameKv(kv, event.kv))
    ) {
      return {
        rule: 'watch-content',
        message: `${describeKv(event.kv)} is really ${describeChange(expected.change)}`,
      };
    }
    return this.#previous(event, what);
  }

  #misplaced(event: WatchedEvent, what: string, expected: Expected | undefined): Finding {
    const { key, modRevision } = event.kv;
    const real = this.#timeline.changesAt(modRevision).some((change) => change.key === key);
    if (!real) return { rule: 'watch-phantom', message: `${what} never happened` };
    if (expected === undefined || expected.revision > modRevision) {
      return { rule: 'watch-repeated', message: `${what} came again, or after later events` };
    }
    const lacking = `${describeChange(expected.change)} at ${expected.revision}`;
    return { rule: 'watch-gap', message: `${what} came, but ${lacking} did not` };
  }

  /** W7: what the key was before its revision; left out when that is compacted. */
  #previous({ kv, prevKv }: WatchedEvent, what: string): Finding | undefined {
    const mayLack = this.#record.prevKv !== true || kv.modRevision - 1 < this.#compactedThrough;
    if (prevKv === undefined && mayLack) return undefined;
    const before = this.#timeline.get(kv.key, kv.modRevision - 1);
    if (sameKv(before, prevKv)) return undefined;
    return {
      rule: 'watch-previous',
      message: `${what} followed ${describeKv(before)}, not ${describeKv(prevKv)}`,
    };
  }

  /** W6. Promises never shrink, and nothing at or below them may be outstanding. */
  #progressed(revision: number): Finding | undefined {
    if (revision < this.#progress) {
      return { rule: 'watch-progress', message: `progress ${revision} after ${this.#progress}` };
    }
    if (revision > this.#timeline.revision) {
      return { rule: 'watch-progress', message: `progress ${revision}, which nobody reached` };
    }
    // A watcher of the future is told how far the store is; that promises nothing about its start.
    this.#progress = revision;
    return this.#missingThrough(revision, `progress ${revision}`);
  }

  /** W5: only because the next revision to deliver is gone. */
  #canceledAt(compactRevision: number): Finding | undefined {
    if (compactRevision === 0 || this.#revision < compactRevision) return undefined;
    return {
      rule: 'watch-canceled',
      message: `canceled as compacted at ${compactRevision}, but was at ${this.#revision}`,
    };
  }

  #missingThrough(revision: number, when: string): Finding | undefined {
    const missing = this.#nextExpected(revision);
    if (missing === undefined) return undefined;
    const change = describeChange(missing.change);
    return {
      rule: 'watch-gap',
      message: `${change} at ${missing.revision} had not come by ${when}`,
    };
  }

  /** The next change the watcher has to get, up to a revision. Keeps its place: each is seen once. */
  #nextExpected(through: number): Expected | undefined {
    const last = Math.min(through, this.#timeline.revision);
    for (; this.#revision <= last; this.#revision++, this.#position = 0) {
      const changes = this.#timeline.changesAt(this.#revision);
      for (; this.#position < changes.length; this.#position++) {
        const change = changes[this.#position] as Change;
        if (this.#wants(change.kv === undefined ? 'delete' : 'put', change.key)) {
          return { revision: this.#revision, position: this.#position, change };
        }
      }
    }
    return undefined;
  }

  #wants(type: WatchedEvent['type'], key: string): boolean {
    const { range, noPut, noDelete } = this.#record;
    return inRange(key, range) && (type === 'put' ? noPut : noDelete) !== true;
  }
}

interface Expected {
  readonly revision: number;
  readonly position: number;
  readonly change: Change;
}

/** Where a watcher that takes over has to start at the latest: after the last whole revision. */
function resumedFrom(record: WatchRecord): number {
  let next = firstRevision(record);
  for (const response of record.responses) {
    if (response.kind === 'progress') next = Math.max(next, response.revision + 1);
    // Where the history begins now; that it was cut there is judged with the record itself.
    if (response.kind === 'canceled') next = Math.max(next, response.compactRevision);
    if (response.kind !== 'events') continue;
    const last = response.events.at(-1)?.kv.modRevision ?? 0;
    next = Math.max(next, response.fragment === true ? last : last + 1);
  }
  return next;
}

function describeChange({ key, kv }: Change): string {
  return kv === undefined ? `delete of ${JSON.stringify(key)}` : describeKv(kv);
}
