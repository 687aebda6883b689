import type { Revision } from '@etcd-ts/foundation';
import { EMPTY_BYTES, WATCH_STREAM_QUEUE_RESPONSES } from '@etcd-ts/foundation';
import type { RevisionCommit, WatchEvent, WatchSink } from '@etcd-ts/mvcc';
import type { WatchOperations, WatchPermission } from '@etcd-ts/server';
import { ERRORS } from '@etcd-ts/wire-protocol';

export interface KeyWatch {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
  readonly startRevision: number;
}

/**
 * A watch from within the server, for locks and elections: the events from a revision on, in
 * order. Ends with the signal's reason; fails with Compacted when the history is gone, and when the
 * caller may not, or no longer, read these keys.
 */
export async function* watchKey(
  { hub, permit }: WatchOperations,
  { key, rangeEnd = EMPTY_BYTES, startRevision }: KeyWatch,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, never, undefined> {
  const sink = new EventQueue(await permit(key, rangeEnd));
  const watcher = hub.watch({
    key,
    rangeEnd,
    startRevision,
    noPut: false,
    noDelete: false,
    sink,
  });
  const abort = (): void => sink.fail(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    for (;;) {
      const commits = await sink.take();
      hub.sinkDrained(sink);
      for (const commit of commits) yield* commit.events;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    hub.cancel(watcher);
  }
}

class EventQueue implements WatchSink {
  readonly #permission: WatchPermission;
  #commits: RevisionCommit[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(permission: WatchPermission) {
    this.#permission = permission;
  }

  offer(_watcher: unknown, commits: readonly RevisionCommit[]): boolean {
    const refusal = this.#permission.refusal();
    if (refusal !== undefined) {
      this.fail(refusal);
      return true;
    }
    if (this.#commits.length >= WATCH_STREAM_QUEUE_RESPONSES) return false;
    this.#commits.push(...commits);
    this.#wake();
    return true;
  }

  compacted(_watcher: unknown, _compactRevision: Revision): void {
    this.fail(ERRORS.Compacted.error());
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake();
  }

  /** At least one commit; rejects once failed and empty. */
  async take(): Promise<readonly RevisionCommit[]> {
    while (this.#commits.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const commits = this.#commits;
    this.#commits = [];
    return commits;
  }
}
