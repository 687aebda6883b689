import type { MemberId } from '@etcd-ts/foundation';

export interface Member {
  readonly id: MemberId;
  /** Empty until the member has started and published itself. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** Empty until the member has started and published itself. */
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}
