/** What kept a member out; each has advice of its own for the operator. */
export type FailureReason = 'full' | 'duplicateId' | 'duplicateName' | 'other';

export interface DiscoveryFailure {
  readonly kind: 'failed';
  readonly reason: FailureReason;
  /** In etcd's words: `discovery: cluster is full`. */
  readonly message: string;
}

export type DiscoveryOutcome =
  | {
      readonly kind: 'ok';
      /** `name=url,name=url`: means what --initial-cluster means. */
      readonly initialCluster: string;
      /**
       * Takes the place of --initial-cluster-token, so that all members compute the same ids;
       * undefined: that one stays.
       */
      readonly initialClusterToken: string | undefined;
    }
  | DiscoveryFailure
  /** The caller's signal was aborted while it waited. */
  | { readonly kind: 'stopped' };

export const failure = (message: string, reason: FailureReason = 'other'): DiscoveryFailure => ({
  kind: 'failed',
  reason,
  message,
});

export const SIZE_KEY_NOT_FOUND = failure('discovery: size key not found');
export const BAD_SIZE_KEY = failure('discovery: size key is bad');
export const CLUSTER_FULL = failure('discovery: cluster is full', 'full');
export const DUPLICATE_ID = failure('discovery: found duplicate id', 'duplicateId');
export const DUPLICATE_NAME = failure('discovery: found duplicate name', 'duplicateName');
export const BAD_ENDPOINT = failure('discovery: bad discovery endpoint');
