import type { Event } from '@etcd-ts/wire-protocol';

/**
 * Puts fragments of a response together as far as it must: a revision is delivered whole or not at
 * all, because a watch resumes at revisions. So only events of the last revision of a fragment wait
 * for the next one; what is held back is never more than one revision.
 */
export class EventAssembler {
  #held: Event[] = [];

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** Events of revisions that are complete, in order. */
  push(events: readonly Event[], isFragment: boolean): readonly Event[] {
    const all = this.#held.length === 0 ? events : [...this.#held, ...events];
    if (!isFragment) {
      this.#held = [];
      return all;
    }
    const last = all.at(-1)?.kv?.modRevision;
    const firstOfLast = all.findIndex(({ kv }) => kv?.modRevision === last);
    this.#held = all.slice(firstOfLast);
    return all.slice(0, firstOfLast);
  }

  reset(): void {
    this.#held = [];
  }
}
