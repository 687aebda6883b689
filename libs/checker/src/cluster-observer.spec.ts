import { ClusterObserver } from './cluster-observer.js';
import type { ClusterEvent, LogView } from './cluster-observer.js';

const logOf = (...terms: number[]): LogView => ({
  lastIndex: terms.length,
  termAt: (index) => terms[index - 1],
});

const leader = (member: string, term: number, log = logOf()): ClusterEvent => ({
  kind: 'leader',
  member,
  term,
  log,
});
const voted = (member: string, term: number, candidate: string): ClusterEvent => ({
  kind: 'voted',
  member,
  term,
  candidate,
});
const appended = (
  member: string,
  index: number,
  term: number,
  previousTerm: number,
  hash: number,
): ClusterEvent => ({
  kind: 'appended',
  member,
  index,
  term,
  previousTerm,
  hash,
});
const applied = (
  member: string,
  index: number,
  term: number,
  hash: number,
  revision?: number,
): ClusterEvent => ({
  kind: 'applied',
  member,
  index,
  term,
  hash,
  ...(revision === undefined ? {} : { revision }),
});
const committed = (member: string, index: number): ClusterEvent => ({
  kind: 'committed',
  member,
  index,
});
const restored = (
  member: string,
  appliedIndex: number,
  afterCrash: boolean,
  revision?: number,
): ClusterEvent => ({
  kind: 'restored',
  member,
  appliedIndex,
  afterCrash,
  ...(revision === undefined ? {} : { revision }),
});
const hash = (
  member: string,
  revision: number,
  compactRevision: number,
  value: number,
): ClusterEvent => ({
  kind: 'hash',
  member,
  revision,
  compactRevision,
  hash: value,
});

function judge(events: readonly ClusterEvent[]): string {
  const observer = new ClusterObserver();
  for (const event of events) observer.observe(event);
  return observer.verdict.kind === 'violation'
    ? observer.verdict.violation.rule
    : observer.verdict.kind;
}

const GOOD: [string, ClusterEvent[]][] = [
  ['one leader after the other', [leader('a', 1), leader('b', 2), leader('a', 3), leader('a', 3)]],
  ['a vote told twice', [voted('a', 1, 'b'), voted('a', 1, 'b'), voted('a', 2, 'c')]],
  [
    'an entry replaced by one of a later term',
    [appended('a', 1, 1, 0, 7), appended('a', 1, 2, 0, 8), appended('b', 1, 2, 0, 8)],
  ],
  [
    'a leader that has compacted what was committed',
    [applied('a', 1, 1, 7), leader('a', 2, { lastIndex: 5, termAt: () => undefined })],
  ],
  [
    'the same entries applied everywhere, again after a crash',
    [
      applied('a', 1, 1, 7, 2),
      applied('a', 2, 1, 8, 3),
      applied('b', 1, 1, 7, 2),
      restored('a', 1, true, 2),
      applied('a', 2, 1, 8, 3),
    ],
  ],
  [
    'a commit index that a crash forgot',
    [committed('a', 5), restored('a', 3, true), committed('a', 3)],
  ],
  [
    'a jump by snapshot',
    [
      applied('a', 1, 1, 7, 2),
      applied('a', 2, 1, 8, 3),
      restored('b', 2, false, 3),
      applied('b', 3, 1, 9, 4),
    ],
  ],
  [
    'other hashes at other revisions',
    [hash('a', 5, 1, 77), hash('b', 5, 1, 77), hash('b', 6, 1, 78), hash('b', 6, 2, 79)],
  ],
  [
    'a new member under an old name',
    [voted('a', 5, 'b'), { kind: 'wiped', member: 'a' }, voted('a', 1, 'c')],
  ],
];

describe('the cluster observer accepts', () => {
  it.each(GOOD)('%s', (_what, events) => {
    expect(judge(events)).toBe('ok');
  });
});

const BAD: [string, string, ClusterEvent[]][] = [
  ['two leaders in one term', 'two-leaders', [leader('a', 2), leader('b', 2)]],
  ['two votes in one term', 'two-votes', [voted('a', 2, 'b'), voted('a', 2, 'c')]],
  [
    'two votes in one term across a crash',
    'two-votes',
    [voted('a', 2, 'b'), restored('a', 0, true), voted('a', 2, 'c')],
  ],
  [
    'a term that goes back',
    'term-went-back',
    [
      { kind: 'term', member: 'a', term: 3 },
      { kind: 'term', member: 'a', term: 2 },
    ],
  ],
  [
    'one index and term with two contents',
    'log-mismatch',
    [appended('a', 1, 1, 0, 7), appended('b', 1, 1, 0, 8)],
  ],
  [
    'one entry after different ones',
    'log-mismatch',
    [appended('a', 2, 2, 1, 7), appended('b', 2, 2, 0, 7)],
  ],
  [
    'a leader whose log is too short',
    'leader-incomplete',
    [applied('a', 1, 1, 7), applied('a', 2, 1, 8), leader('b', 2, logOf(1))],
  ],
  [
    'a leader with another entry at a committed index',
    'leader-incomplete',
    [applied('a', 1, 2, 7), leader('b', 3, logOf(1, 1))],
  ],
  ['a commit index that goes back', 'commit-went-back', [committed('a', 5), committed('a', 4)]],
  [
    'different entries applied at one index',
    'applied-differs',
    [applied('a', 1, 1, 7), applied('b', 1, 1, 8)],
  ],
  [
    'an entry of another term applied at one index',
    'applied-differs',
    [applied('a', 1, 1, 7), applied('b', 1, 2, 7)],
  ],
  ['an entry applied twice', 'applied-order', [applied('a', 1, 1, 7), applied('a', 1, 1, 7)]],
  ['an entry left out', 'applied-order', [applied('a', 1, 1, 7), applied('a', 3, 1, 7)]],
  [
    'a snapshot from before what was applied',
    'applied-order',
    [applied('a', 1, 1, 7), applied('a', 2, 1, 7), restored('a', 1, false)],
  ],
  [
    'another revision after the same entry',
    'revision-differs',
    [applied('a', 1, 1, 7, 2), applied('b', 1, 1, 7, 3)],
  ],
  [
    'an index on disk that was split from its effects',
    'revision-differs',
    [applied('a', 1, 1, 7, 2), applied('a', 2, 1, 8, 3), restored('a', 2, true, 2)],
  ],
  [
    'a revision that decreases over a restart',
    'revision-differs',
    [applied('a', 1, 1, 7, 5), restored('a', 1, true, 4)],
  ],
  ['different hashes at one revision', 'hash-differs', [hash('a', 5, 1, 77), hash('b', 5, 1, 78)]],
];

describe('the cluster observer rejects', () => {
  it.each(BAD)('%s', (_what, rule, events) => {
    expect(judge(events)).toBe(rule);
  });

  it('everything after the first violation', () => {
    expect(judge([leader('a', 2), leader('b', 2), leader('c', 9)])).toBe('two-leaders');
  });
});

describe('the memory of the cluster observer', () => {
  it('is bounded by its window, within which nothing is forgotten', () => {
    const observer = new ClusterObserver({ window: 100 });
    for (let index = 1; index <= 1000; index++) {
      observer.observe(appended('a', index, 1, 1, index));
      observer.observe(applied('a', index, 1, index));
    }
    // Long gone: taken as it comes.
    expect(observer.observe(appended('b', 10, 1, 1, 999)).kind).toBe('ok');
    expect(observer.observe(appended('b', 950, 1, 1, 999)).kind).toBe('violation');
  });
});
