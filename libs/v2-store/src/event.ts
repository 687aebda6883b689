/** etcd's names, as they stand in the answers. */
export type V2Action =
  'get' | 'create' | 'set' | 'update' | 'delete' | 'compareAndSwap' | 'compareAndDelete' | 'expire';

/** A node as an answer shows it, frozen at one moment; `key` with its namespace. */
export interface NodeView {
  readonly key: string;
  /** Absent for a directory, and for what is gone. */
  readonly value?: string | undefined;
  readonly dir?: true | undefined;
  /** Nanoseconds since the epoch; absent: permanent. */
  readonly expirationNs?: bigint | undefined;
  /** The visible children of a directory that was asked for; absent when it was not. */
  readonly nodes?: readonly NodeView[];
  readonly modifiedIndex: number;
  readonly createdIndex: number;
}

/** One change. Shared by the history and all watchers: nobody may change it. */
export interface V2Event {
  readonly action: V2Action;
  readonly node: NodeView;
  readonly prevNode?: NodeView | undefined;
  /**
   * When the proposer asked for it, by its own clock; from this the answer counts the remaining
   * seconds. Absent if the entry does not say (other programs' entries do not).
   */
  readonly atNs?: bigint | undefined;
  /** Only a time to live was renewed: watchers are not told. */
  readonly refresh?: true | undefined;
}

/** Whether the change made a key that was not there: 201 instead of 200. */
export function created(event: V2Event): boolean {
  if (event.action === 'create') return true;
  return event.action === 'set' && event.prevNode === undefined;
}
