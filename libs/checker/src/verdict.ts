import type { HistoryEntry } from './history.js';
import type { OperationResult } from './operation.js';

export interface Violation {
  /** The broken promise, in the words of the guarantee list: `stale-read`, `lost-write`, ... */
  readonly rule: string;
  /** One sentence with the keys, revisions and values it is about. */
  readonly message: string;
  /** The operations that contradict each other, and those around them; few. */
  readonly entries: readonly HistoryEntry[];
}

/** `unknown`: the budget ran out before a proof either way. */
export type Verdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'violation'; readonly violation: Violation }
  | { readonly kind: 'unknown'; readonly reason: string };

export const OK: Verdict = { kind: 'ok' };

export function violation(
  rule: string,
  message: string,
  entries: readonly HistoryEntry[] = [],
): { readonly kind: 'violation'; readonly violation: Violation } {
  return { kind: 'violation', violation: { rule, message, entries } };
}

/** Readable by a person who has only this text: the rule, the reason, and the operations in order. */
export function explain({ rule, message, entries }: Violation): string {
  const inOrder = [...new Set(entries)].sort((a, b) => a.invokedAt - b.invokedAt);
  return [`${rule}: ${message}`, ...inOrder.map((entry) => `  ${describeEntry(entry)}`)].join('\n');
}

export function describeEntry(entry: HistoryEntry): string {
  const { invokedAt, returnedAt, client, member, operation, outcome } = entry;
  const interval = `[${invokedAt}, ${returnedAt === Infinity ? '?' : returnedAt}]`;
  const where = member === undefined ? '' : ` at ${member}`;
  return `#${entry.id} ${interval} client ${client}${where}: ${compact(operation)} -> ${answer(outcome)}`;
}

function answer(outcome: HistoryEntry['outcome']): string {
  if (outcome.kind === 'unknown') return 'unknown';
  if (outcome.kind === 'failed') return `failed: ${outcome.failure}`;
  return `revision ${outcome.revision} ${compact(outcome.result)}`;
}

function compact(value: HistoryEntry['operation'] | OperationResult): string {
  const { kind, ...fields } = value;
  const text = JSON.stringify(fields, (_name, field: unknown) =>
    typeof field === 'bigint' ? field.toString() : field,
  );
  return `${kind} ${text}`;
}
