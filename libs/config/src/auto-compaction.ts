import { parseGoDuration } from '@etcd-ts/foundation';
import type { ScalarOutcome } from './go-scalar.js';
import type { AutoCompaction } from './server-config.js';

const HOUR_MS = 3_600_000;

/** The complaint about a mode that is none, in etcd's words. */
export function modeFault(mode: string): string | undefined {
  if (mode === 'periodic' || mode === 'revision') return undefined;
  if (mode === '') return 'undefined auto-compaction-mode';
  return `unknown auto-compaction-mode ${JSON.stringify(mode)}`;
}

/** A bare number is hours or revisions, by the mode; anything else is a duration. */
export function autoCompaction(mode: string, retention: string): ScalarOutcome<AutoCompaction> {
  const amount = /^\+?\d+$/u.test(retention) ? Number(retention) : undefined;
  if (amount === 0) return { kind: 'ok', value: { mode: 'off' } };
  if (mode === 'revision') {
    if (amount !== undefined) {
      return { kind: 'ok', value: { mode: 'revision', retentionRevisions: amount } };
    }
    const why = `a number of revisions is expected, not ${JSON.stringify(retention)}`;
    return { kind: 'error', message: `error parsing CompactionRetention: ${why}` };
  }
  if (amount !== undefined) {
    return { kind: 'ok', value: { mode: 'periodic', retentionMs: amount * HOUR_MS } };
  }
  const duration = parseGoDuration(retention);
  if (duration.kind === 'error') {
    return { kind: 'error', message: `error parsing CompactionRetention: ${duration.message}` };
  }
  const retentionMs = duration.milliseconds;
  if (retentionMs < 0) {
    const why = `a negative period ${JSON.stringify(retention)}`;
    return { kind: 'error', message: `error parsing CompactionRetention: ${why}` };
  }
  return {
    kind: 'ok',
    value: retentionMs === 0 ? { mode: 'off' } : { mode: 'periodic', retentionMs },
  };
}
