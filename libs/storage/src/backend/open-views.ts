import { StorageError } from '../storage-error.js';
import { type BackendView, CommittedView } from './backend-view.js';
import type { DatabaseView } from './state-database.js';

/** Six followers of the largest cluster that etcd advises, and two clients that save a snapshot. */
export const MAX_OPEN_VIEWS = 8;

/** The views of one backend, those being opened too. */
export class OpenViews {
  readonly #open = new Set<BackendView>();
  readonly #failed: (error: unknown) => Error;
  readonly #closed: () => void;
  #count = 0;

  constructor(failed: (error: unknown) => Error, closed: () => void) {
    this.#failed = failed;
    this.#closed = closed;
  }

  get count(): number {
    return this.#count;
  }

  /** Throws StorageError('tooManyViews'). Every call is followed by one of release() or add(). */
  reserve(): void {
    if (this.#count === MAX_OPEN_VIEWS) {
      throw new StorageError('tooManyViews', `${MAX_OPEN_VIEWS} views of the backend are open`);
    }
    this.#count++;
  }

  release(): void {
    this.#count--;
  }

  add(state: DatabaseView): BackendView {
    const closed = (): void => {
      this.#open.delete(view);
      this.release();
      this.#closed();
    };
    const view = new CommittedView(state, closed, this.#failed);
    this.#open.add(view);
    return view;
  }

  closeAll(): void {
    for (const view of this.#open) view.close();
  }
}
