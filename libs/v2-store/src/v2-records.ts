import type { V2Event } from './event.js';
import type { StoredCounters } from './statistics.js';

/** A node as it survives a restart. */
export interface NodeRecord {
  /** Positive, and larger than its directory's. */
  readonly id: number;
  /** 0: the root; it and the namespaces in it have no records. */
  readonly parentId: number;
  readonly name: string;
  readonly dir: boolean;
  readonly value: string;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  readonly expirationNs: bigint | undefined;
}

export interface StateRecord {
  readonly index: number;
  readonly lastNodeId: number;
  /** The first index whose event is kept; 0: none is. */
  readonly historyStart: number;
  readonly counters: StoredCounters;
}

/** Everything the store knows, to start anew from. */
export interface LoadedRecords {
  /** By id. */
  readonly nodes: Iterable<NodeRecord>;
  /** In any order; those before `historyStart` are ignored. */
  readonly events: Iterable<V2Event>;
  /** Undefined: nothing was ever saved. */
  readonly state: StateRecord | undefined;
}

/**
 * Where the store keeps itself, beside the key-value store's rows. Each call becomes durable
 * together with the entry being applied, and not before. Nothing is read back but by `load`.
 */
export interface V2Records {
  saveNode(node: NodeRecord): void;
  removeNode(id: number): void;
  /** There are HISTORY_EVENTS slots, each with one event or none. */
  saveEvent(slot: number, event: V2Event): void;
  removeEvent(slot: number): void;
  saveState(state: StateRecord): void;
  load(): LoadedRecords;
}
