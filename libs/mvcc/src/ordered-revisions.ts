import { IndexedHeap, must } from '@etcd-ts/foundation';
import type { HeapEntry, Revision } from '@etcd-ts/foundation';
import type { RevisionId } from './backend.js';

/** Sorted in one go: half a millisecond. */
const RUN_REVISIONS = 2048;

/** Ascending by main, then sub; twelve bytes for each. */
interface Run extends HeapEntry {
  readonly mains: Float64Array;
  readonly subs: Uint32Array;
  next: number;
}

/**
 * Revisions that come in any order and leave in ascending order: runs are sorted as they fill up and
 * merged by a heap, so that neither adding nor taking holds the event loop for long, however many
 * there are.
 */
export class OrderedRevisions {
  #open: RevisionId[] = [];
  /** The run that goes on with the smallest revision is first. None is at its end. */
  readonly #runs = new IndexedHeap<Run>(precedes);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(revisions: readonly RevisionId[]): void {
    this.#size += revisions.length;
    for (const revision of revisions) {
      if (this.#open.push(revision) === RUN_REVISIONS) this.#closeRun();
    }
  }

  /** The smallest of all that are here, ascending; fewer than `max` only when none is left. */
  take(max: number): RevisionId[] {
    if (this.#open.length > 0) this.#closeRun();
    const taken: RevisionId[] = [];
    while (taken.length < max && this.#runs.size > 0) taken.push(this.#takeOne());
    this.#size -= taken.length;
    return taken;
  }

  #closeRun(): void {
    const sorted = this.#open.sort((a, b) => a.main - b.main || a.sub - b.sub);
    this.#open = [];
    const mains = Float64Array.from(sorted, ({ main }) => main);
    const subs = Uint32Array.from(sorted, ({ sub }) => sub);
    this.#runs.push({ mains, subs, next: 0, heapIndex: -1 });
  }

  #takeOne(): RevisionId {
    const run = must(this.#runs.peek(), 'a run is left');
    const taken = { main: run.mains[run.next] as Revision, sub: run.subs[run.next] as number };
    if (++run.next === run.mains.length) this.#runs.remove(run);
    else this.#runs.moved(run);
    return taken;
  }
}

function precedes(a: Run, b: Run): boolean {
  const [main, other] = [a.mains[a.next] as number, b.mains[b.next] as number];
  return (
    main < other || (main === other && (a.subs[a.next] as number) < (b.subs[b.next] as number))
  );
}
