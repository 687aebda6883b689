import type { Revision } from '@etcd-ts/foundation';

export declare class Watcher {
  private constructor();
  /** The first revision not yet delivered. */
  get nextRevision(): Revision;
  get cancelled(): boolean;
}
