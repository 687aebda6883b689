import { checkLeases, checkRevisions, checkWatches, explain } from '@etcd-ts/checker';
import type {
  Baseline,
  EventLog,
  HistoryEntry,
  Timeline,
  Verdict,
  WatchRecord,
} from '@etcd-ts/checker';

import type { Finding } from '../member/cluster-watch.js';

export interface Evidence {
  /** What there was before; undefined: nothing. */
  readonly base?: Baseline;
  readonly history: readonly HistoryEntry[];
  readonly logs: readonly EventLog[];
  readonly records: readonly WatchRecord[];
  readonly compactedThrough: number;
  readonly clockSkew: number;
  readonly expired: () => boolean;
}

export interface Judgement {
  readonly finding: Finding | undefined;
  readonly unjudged: string | undefined;
  /** What really happened, if that could be found out. */
  readonly truth?: Truth;
}

export interface Truth {
  readonly timeline: Timeline;
  /** See RevisionVerdict. */
  readonly explanations: ReadonlyMap<number, HistoryEntry | bigint>;
}

/** What clients and watchers were told, against what can have happened. */
export function judge(evidence: Evidence): Judgement {
  const { base, history, logs, records, compactedThrough, clockSkew, expired } = evidence;
  const options = { logs, expired, ...(base === undefined ? {} : { base }) };
  const revisions = checkRevisions(history, options);
  if (revisions.kind !== 'ok') return outcome(revisions);
  const { timeline, explanations } = revisions;
  const watches = checkWatches(records, timeline, { compactedThrough });
  if (watches.kind !== 'ok') return outcome(watches);
  const leases = checkLeases(history, timeline, explanations, { fastestClock: 1 + clockSkew });
  return { ...outcome(leases), truth: { timeline, explanations } };
}

function outcome(verdict: Verdict): Judgement {
  switch (verdict.kind) {
    case 'ok':
      return { finding: undefined, unjudged: undefined };
    case 'unknown':
      return { finding: undefined, unjudged: verdict.reason };
    case 'violation': {
      const { violation } = verdict;
      return {
        finding: { rule: violation.rule, message: explain(violation) },
        unjudged: undefined,
      };
    }
  }
}
