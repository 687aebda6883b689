import type { MemberId, RaftIndex } from '@etcd-ts/foundation';
import type { Message } from './message.js';
import type { Entry, HardState, Role, Snapshot } from './types.js';

export interface SoftState {
  readonly leader: MemberId;
  readonly role: Role;
}

/** A linearizable read may be served once everything up to `index` is applied. */
export interface ReadState {
  readonly index: RaftIndex;
  readonly requestContext: Uint8Array;
}

export interface Ready {
  readonly softState?: SoftState;
  readonly hardState?: HardState;
  readonly entries: readonly Entry[];
  readonly snapshot?: Snapshot;
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  readonly messagesAfterPersist: readonly Message[];
  readonly readStates: readonly ReadState[];
  readonly mustSync: boolean;
}
