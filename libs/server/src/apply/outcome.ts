import type { V2Outcome } from '@etcd-ts/v2-store';
import type {
  AlarmResponse,
  CompactionResponse,
  DeleteRangeResponse,
  EtcdError,
  LeaseGrantResponse,
  LeaseRevokeResponse,
  PutResponse,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

import type { AuthAnswer } from './auth-applier.js';

/** What applying one entry answers to whoever proposed it. */
export type Applied =
  | { readonly kind: 'put'; readonly response: PutResponse }
  | { readonly kind: 'deleteRange'; readonly response: DeleteRangeResponse }
  | { readonly kind: 'txn'; readonly response: TxnResponse }
  | {
      readonly kind: 'compaction';
      readonly response: CompactionResponse;
      /** Settled when the rows are gone from the backend (`physical`). */
      readonly removed: Promise<void>;
    }
  | { readonly kind: 'leaseGrant'; readonly response: LeaseGrantResponse }
  | { readonly kind: 'leaseRevoke'; readonly response: LeaseRevokeResponse }
  | { readonly kind: 'alarm'; readonly response: AlarmResponse }
  | { readonly kind: 'v2'; readonly outcome: V2Outcome }
  | {
      readonly kind: 'auth';
      readonly answer: AuthAnswer;
      /** Of the entry: a simple token is made of it. */
      readonly index: number;
    }
  | {
      readonly kind:
        'leaseCheckpoint' | 'clusterVersion' | 'downgrade' | 'memberAttributes' | 'conf';
    };

export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly result: Applied }
  | { readonly kind: 'refused'; readonly error: EtcdError };

export function applied(result: Applied): ApplyOutcome {
  return { kind: 'applied', result };
}

export function refused(error: EtcdError): ApplyOutcome {
  return { kind: 'refused', error };
}
