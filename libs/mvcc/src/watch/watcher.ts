import { toBinaryString } from '@etcd-ts/foundation';
import type { BinaryString, HeapEntry, Revision } from '@etcd-ts/foundation';
import type { WatchEvent } from '../watch-event.js';
import { intervalOf } from './key-interval.js';
import type { KeyInterval } from './key-interval.js';
import type { WatcherOptions, WatchSink } from './sink.js';
import type { WatcherGroup } from './watcher-group.js';

/**
 * One watch. Its position, `nextRevision`, is the only source of its progress: it says what its sink
 * has accepted, and nothing the store or other watchers do can move it.
 *
 * The fields below `sink` are the hub's.
 */
export class Watcher implements HeapEntry {
  readonly key: BinaryString;
  /** Undefined: the one key. */
  readonly interval: KeyInterval | undefined;
  /** As requested; 0: from the next revision on. */
  readonly startRevision: number;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly sink: WatchSink;

  /** What its sink has accepted by itself; see nextRevision. */
  ownPosition: Revision;
  /** Whom it advances with; none while it waits for the future or for its sink. */
  group: WatcherGroup | undefined;
  cancelled = false;
  heapIndex = -1;

  constructor(options: WatcherOptions, position: Revision) {
    this.key = toBinaryString(options.key);
    this.interval = intervalOf(options.key, options.rangeEnd);
    this.startRevision = options.startRevision;
    this.noPut = options.noPut;
    this.noDelete = options.noDelete;
    this.sink = options.sink;
    this.ownPosition = position;
  }

  /** The first revision not delivered: everything wanted below it was accepted by the sink. */
  get nextRevision(): Revision {
    // A group moves all its members with one write, but one that joined it further ahead has been
    // delivered more than the group, or asked for less.
    const group = this.group;
    return group !== undefined && group.position > this.ownPosition
      ? group.position
      : this.ownPosition;
  }

  /** Whether an event of a key it watches passes its filters. */
  wants(event: WatchEvent): boolean {
    return event.type === 'put' ? !this.noPut : !this.noDelete;
  }
}
