import { checkLeases, checkRevisions, checkWatches, explain } from '@etcd-ts/checker';
import type { EventLog, HistoryEntry, Verdict, WatchRecord } from '@etcd-ts/checker';

import type { Finding } from '../member/cluster-watch.js';

export interface Evidence {
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
}

/** What clients and watchers were told, against what can have happened. */
export function judge(evidence: Evidence): Judgement {
  const { history, logs, records, compactedThrough, clockSkew, expired } = evidence;
  const revisions = checkRevisions(history, { logs, expired });
  if (revisions.kind !== 'ok') return outcome(revisions);
  const { timeline, explanations } = revisions;
  const watches = checkWatches(records, timeline, { compactedThrough });
  if (watches.kind !== 'ok') return outcome(watches);
  return outcome(checkLeases(history, timeline, explanations, { fastestClock: 1 + clockSkew }));
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
