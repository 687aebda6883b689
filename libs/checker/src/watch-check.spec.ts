import { SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';

import type { KeyValue } from './operation.js';
import { checkRevisions } from './revision-check.js';
import { honestRun } from './testing/honest-run.js';
import { historyOf, kv, lostPut, put } from './testing/story.js';
import { Timeline } from './timeline.js';
import { checkWatches } from './watch-check.js';
import { eventLogOf } from './watch-record.js';
import type { WatchedEvent, WatchRecord, WatchResponse } from './watch-record.js';
import { nextWatch } from './workload/disturbances.js';
import { EtcdMixWorkload } from './workload/mixes.js';

const a2 = kv('a', '1', 2);
const b2 = kv('b', '1', 2);
const a3 = kv('a', '2', 3, { createRevision: 2, version: 2 });
const c5 = kv('c', '1', 5);

/** Revision 2 writes a and b, 3 writes a, 4 deletes b, 5 writes c. */
function timeline(): Timeline {
  const all = new Timeline();
  all.append([
    { key: 'a', kv: a2 },
    { key: 'b', kv: b2 },
  ]);
  all.append([{ key: 'a', kv: a3 }]);
  all.append([{ key: 'b', kv: undefined }]);
  all.append([{ key: 'c', kv: c5 }]);
  return all;
}

const event = (shown: KeyValue, prevKv?: KeyValue): WatchedEvent =>
  prevKv === undefined ? { type: 'put', kv: shown } : { type: 'put', kv: shown, prevKv };
const gone = (key: string, modRevision: number): WatchedEvent => ({
  type: 'delete',
  kv: { key, value: '', modRevision, createRevision: 0, version: 0, lease: 0n },
});
const events = (...list: WatchedEvent[]): WatchResponse => ({
  kind: 'events',
  revision: 5,
  events: list,
});
const fragment = (...list: WatchedEvent[]): WatchResponse => ({
  kind: 'events',
  revision: 5,
  events: list,
  fragment: true,
});
const progress = (revision: number): WatchResponse => ({ kind: 'progress', revision });
const canceled = (compactRevision: number): WatchResponse => ({
  kind: 'canceled',
  compactRevision,
});

const ALL = { key: '\0', rangeEnd: '\0' };
const watch = (responses: WatchResponse[], rest: Partial<WatchRecord> = {}): WatchRecord => ({
  name: 'w',
  range: ALL,
  startRevision: 2,
  responses,
  ...rest,
});

const GOOD: [string, WatchRecord][] = [
  [
    'everything in order',
    watch([events(event(a2), event(b2)), events(event(a3)), events(gone('b', 4), event(c5))]),
  ],
  ['a watch that ended early', watch([events(event(a2), event(b2))])],
  [
    'one key of several',
    watch([events(event(a2)), events(event(a3, a2)), progress(5)], { range: { key: 'a' } }),
  ],
  ['a filter', watch([events(gone('b', 4)), progress(5)], { noPut: true })],
  ['a fragmented revision', watch([fragment(event(a2)), events(event(b2)), events(event(a3))])],
  [
    'a start now',
    watch([events(gone('b', 4), event(c5))], { startRevision: 0, createdRevision: 3 }),
  ],
  ['a start in the future', watch([progress(4), events(event(c5))], { startRevision: 5 })],
  ['an end because of compaction', watch([canceled(3)], { startRevision: 2 })],
  [
    'a resumption where the history begins, after an end because of compaction',
    watch([events(gone('b', 4))], {
      startRevision: 4,
      resumes: watch([events(event(a2), event(b2)), canceled(4)]),
    }),
  ],
];

describe('the watch check accepts', () => {
  it.each(GOOD)('%s', (_what, record) => {
    const verdict = checkWatches([record], timeline());
    expect(verdict.kind === 'violation' ? verdict.violation.message : verdict.kind).toBe('ok');
  });
});

const BAD: [string, string, WatchRecord][] = [
  ['a gap', 'watch-gap', watch([events(event(a2), event(b2)), events(gone('b', 4))])],
  [
    'a lost last event',
    'watch-gap',
    watch([events(event(a2), event(b2)), events(event(a3), gone('b', 4))], { mustReach: 5 }),
  ],
  [
    'a duplicate',
    'watch-repeated',
    watch([events(event(a2), event(b2)), events(event(a3)), events(event(a3))]),
  ],
  [
    'a step back',
    'watch-repeated',
    watch([events(event(a2), event(b2), event(a3)), events(event(b2))]),
  ],
  ['a revision in two responses', 'watch-split', watch([events(event(a2)), events(event(b2))])],
  [
    'an event that never was',
    'watch-phantom',
    watch([events(event(a2), event(b2)), events(event(kv('z', '1', 3)))]),
  ],
  [
    'an event beyond the end of history',
    'watch-phantom',
    watch([
      events(event(a2), event(b2), event(a3), gone('b', 4), event(c5), event(kv('d', '1', 6))),
    ]),
  ],
  ['another value', 'watch-content', watch([events(event(kv('a', 'x', 2)), event(b2))])],
  [
    'a delete shown as a put',
    'watch-content',
    watch([events(event(kv('b', '1', 4)))], { startRevision: 4 }),
  ],
  [
    'a modification shown as a creation',
    'watch-content',
    watch([events(event({ ...a3, createRevision: 3, version: 1 }))], { startRevision: 3 }),
  ],
  [
    'a wrong previous value',
    'watch-previous',
    watch([events(event(a3, kv('a', 'x', 2)))], { startRevision: 3 }),
  ],
  [
    'an event from before the start',
    'watch-early',
    watch([events(event(a3))], { startRevision: 4 }),
  ],
  [
    'an old event for a watch that starts now',
    'watch-early',
    watch([events(event(a3))], { startRevision: 0, createdRevision: 3 }),
  ],
  ['a key outside the range', 'watch-filter', watch([events(event(b2))], { range: { key: 'a' } })],
  ['an event that was filtered out', 'watch-filter', watch([events(event(a2))], { noPut: true })],
  [
    'progress that overtakes events',
    'watch-gap',
    watch([events(event(a2), event(b2)), progress(3)]),
  ],
  [
    'events after progress',
    'watch-progress',
    watch([progress(3), events(event(a3))], { startRevision: 3, range: { key: 'c' } }),
  ],
  [
    'progress that goes back',
    'watch-progress',
    watch([progress(5), progress(4)], { startRevision: 6 }),
  ],
  ['progress nobody reached', 'watch-progress', watch([progress(9)], { startRevision: 9 })],
  [
    'cancellation at a compaction below its position',
    'watch-canceled',
    watch([events(event(a2), event(b2)), canceled(2)]),
  ],
  ['events after its end', 'watch-after-cancel', watch([canceled(4), events(event(a2))])],
  [
    'a header older than the events',
    'watch-header',
    watch([{ kind: 'events', revision: 1, events: [event(a2), event(b2)] }]),
  ],
  [
    'a resumption behind where the history begins',
    'watch-gap',
    watch([], { startRevision: 5, resumes: watch([canceled(4)]) }),
  ],
  [
    'a resumption that leaves out a revision',
    'watch-gap',
    watch([], { startRevision: 4, resumes: watch([events(event(a2), event(b2))]) }),
  ],
];

describe('the watch check rejects', () => {
  it.each(BAD)('%s', (_what, rule, record) => {
    const verdict = checkWatches([record], timeline());
    expect(verdict.kind === 'violation' ? verdict.violation.rule : verdict.kind).toBe(rule);
  });

  it('a previous value that is missing, unless it was compacted', () => {
    const record = watch([events(event(a3))], { startRevision: 3, prevKv: true });
    expect(checkWatches([record], timeline(), { compactedThrough: 2 }).kind).toBe('violation');
    expect(checkWatches([record], timeline(), { compactedThrough: 3 }).kind).toBe('ok');
  });
});

describe('a watch as an event log', () => {
  it('tells the revision check which lost write happened', () => {
    const record = watch([events(event(kv('b', '1', 2))), events(event(kv('c', '1', 3)))]);
    const history = historyOf(lostPut('a', '1', 1), lostPut('b', '1', 2), put('c', '1', [3, 4], 3));
    const verdict = checkRevisions(history, { logs: [eventLogOf(record)] });
    expect(verdict.kind === 'ok' && verdict.explanations.get(2)).toBe(history[1]);
  });

  it('ends before a revision of which only fragments came', () => {
    const log = eventLogOf(watch([fragment(event(a2))]));
    expect(log).toMatchObject({ from: 2, through: 1, revisions: [] });
  });
});

/** What an honest server sends, in batches of random size. */
function honestWatch(name: string, all: Timeline, rng: Rng): WatchRecord {
  const request = nextWatch(rng, rng.below(all.revision), ['mix/', 'mix/3']);
  const createdRevision = rng.below(all.revision) + 1;
  const first = request.startRevision > 0 ? request.startRevision : createdRevision + 1;
  const responses: WatchResponse[] = [];
  let batch: WatchedEvent[] = [];
  for (let revision = first; revision <= all.revision; revision++) {
    for (const { key, kv: now } of all.changesAt(revision)) {
      const { range } = request;
      const inside = range.key === '\0' || (key >= range.key && key < (range.rangeEnd ?? ''));
      if (!inside || (now === undefined ? request.noDelete : request.noPut)) continue;
      const prevKv = request.prevKv ? all.get(key, revision - 1) : undefined;
      batch.push({
        ...(now === undefined ? gone(key, revision) : event(now)),
        ...(prevKv && { prevKv }),
      });
    }
    if (batch.length > 0 && rng.below(3) === 0) {
      responses.push({ kind: 'events', revision, events: batch });
      batch = [];
    }
    if (batch.length === 0 && rng.below(5) === 0) responses.push(progress(revision));
  }
  if (batch.length > 0) responses.push({ kind: 'events', revision: all.revision, events: batch });
  return { name, ...request, createdRevision, responses, mustReach: all.revision };
}

describe('random watches', () => {
  it('of an honest server pass; with one event dropped, doubled or swapped they do not', () => {
    let damaged = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const rng = new SeededRng(seed);
      const workload = new EtcdMixWorkload();
      const { timeline: all } = honestRun({ rng, workload, operations: 300, clients: 4 });
      for (let i = 0; i < 10; i++) {
        const record = honestWatch(`${seed}/${i}`, all, rng);
        const verdict = checkWatches([record], all, { compactedThrough: 0 });
        expect(verdict.kind === 'violation' ? verdict.violation.message : '').toBe('');
        const worse = damage(record, rng);
        if (worse === undefined) continue;
        damaged++;
        expect(`${record.name} ${checkWatches([worse], all).kind}`).toBe(
          `${record.name} violation`,
        );
      }
    }
    expect(damaged).toBeGreaterThan(50);
  });
});

function damage(record: WatchRecord, rng: Rng): WatchRecord | undefined {
  const full = record.responses.filter((response) => response.kind === 'events');
  const victim = full[rng.below(Math.max(1, full.length))];
  if (victim === undefined) return undefined;
  const list = [...victim.events];
  const i = rng.below(list.length);
  const [taken] = list.splice(i, 1);
  if (taken === undefined) return undefined;
  const kind = rng.below(3);
  if (kind === 1) list.splice(i, 0, taken, taken);
  if (kind === 2) {
    if (list.length === 0) return undefined;
    list.splice(i === 0 ? 1 : i - 1, 0, taken);
  }
  const worse = list.length === 0 ? [] : [{ ...victim, events: list }];
  return {
    ...record,
    responses: record.responses.flatMap((response) => (response === victim ? worse : [response])),
  };
}
