import { median } from '@etcd-ts/testkit';

import type { BenchRecord, Row } from './record.js';
import type { Sides } from './sides.js';
import { ratios } from './statistics.js';

type Rule =
  | { readonly kind: 'ratioAtLeast'; readonly value: number }
  | { readonly kind: 'ratioAtMost'; readonly value: number }
  | { readonly kind: 'oursAtMost'; readonly value: number };

export interface Target {
  readonly work: string;
  readonly group: string;
  /** Its whole name: a figure of smaller sizes is not what the target is about. */
  readonly row: string;
  /** Of the row's details, in place of its figure. */
  readonly detail?: string;
  readonly rule: Rule;
}

export interface Verdict {
  readonly target: Target;
  /** The ratio, or our figure, by the kind of the rule; undefined while nobody has measured it. */
  readonly value: number | undefined;
  readonly isMet: boolean | undefined;
}

const atLeast = (value: number): Rule => ({ kind: 'ratioAtLeast', value });
const atMost = (value: number): Rule => ({ kind: 'ratioAtMost', value });
const oursAtMost = (value: number): Rule => ({ kind: 'oursAtMost', value });

function target(group: string, row: string, rule: Rule, detail?: string): Target {
  const work = detail === undefined ? row : `${row}: ${detail}`;
  return { work, group, row, rule, ...(detail === undefined ? {} : { detail }) };
}

const LARGEST = '1000000 keys';

/** What this program wants to be, beside the original. */
export const TARGETS: readonly Target[] = [
  target('put', 'put, 1000 in flight', atLeast(2.5)),
  target('put', 'put, 1000 in flight', atMost(1), 'p99 ms'),
  target('put', 'put, 100 in flight', atLeast(2)),
  target('put', 'put, 1 in flight', atMost(1.1), 'p50 ms'),
  target('cluster', 'put, 1000 in flight, to the leader', atLeast(1.5)),
  target('range', 'linearizable range, 100 in flight', atLeast(6)),
  target('range', 'linearizable range, 1000 in flight', atLeast(6)),
  target('range', 'serializable range, 1000 in flight', atLeast(8)),
  target('wide', 'range of 1,000 keys, 10 in flight', atLeast(2)),
  target('wide', 'range of 1,000 keys, 100 in flight', atLeast(2)),
  target('txn', 'txn (compare, put), 100 in flight', atLeast(1.5)),
  target('watch', 'watch fan-out, 1 key to 1000 watchers', atLeast(3)),
  target('watchers', 'RSS of 100000 idle watchers', atMost(1)),
  target('leases', 'RSS of 100000 idle leases', atMost(1)),
  target('growth', `RSS after the load, ${LARGEST}`, atMost(1)),
  target('growth', `RSS after the restart, ${LARGEST}`, atMost(1)),
  target('growth', `restart until the first answer, ${LARGEST}`, atMost(1)),
  target('growth', `count of a prefix of all, ${LARGEST}`, atMost(0.01)),
  target('stall', 'p99.9 while 1000000 revisions are compacted', oursAtMost(2)),
  target('stall', 'p99.9 while a snapshot is streamed', oursAtMost(2)),
  target('stall', 'p99.9 while Defragment runs', oursAtMost(2)),
  target('idle', 'RSS idle', atMost(3)),
  target('idle', 'start to ready', oursAtMost(1)),
];

export function judge(record: BenchRecord, target: Target): Verdict {
  const row = record.groups[target.group]?.find(({ name }) => name === target.row);
  const values = row === undefined ? undefined : valuesOf(row, target);
  if (values === undefined) return { target, value: undefined, isMet: undefined };
  const { kind, value: limit } = target.rule;
  const value =
    kind === 'oursAtMost' ? median(values.ours) : median(ratios(values.ours, values.reference));
  return { target, value, isMet: kind === 'ratioAtLeast' ? value >= limit : value <= limit };
}

function valuesOf(row: Row, { detail }: Target): Sides<readonly number[]> | undefined {
  return detail === undefined ? row : row.details[detail];
}
