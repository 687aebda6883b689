import { Changes } from './changes.js';
import type { V2Applied } from './changes.js';
import { EventHistory } from './event-history.js';
import type { NodeView } from './event.js';
import { cleanPath } from './key-path.js';
import type { V2Request } from './request.js';
import { Statistics } from './statistics.js';
import type { Counter, Counters } from './statistics.js';
import { Tree } from './tree.js';
import type { V2Failure } from './v2-failure.js';
import type { V2Records } from './v2-records.js';
import { WatcherHub } from './watcher-hub.js';
import type { V2Watcher, WatchOptions } from './watcher-hub.js';

export type V2Outcome = V2Applied | V2Failure | { readonly kind: 'nothing' | 'unknownMethod' };

export interface V2Answer {
  readonly kind: 'node';
  readonly node: NodeView;
  readonly index: number;
}

export interface V2Lookups {
  readonly recursive: number;
  readonly recursiveFailed: number;
  readonly watches: number;
}

/** What etcd's store does when a member is added (create), changed or removed (delete, create). */
export type ClusterWrite = 'create' | 'set' | 'update' | 'delete';

const CLUSTER_COUNTERS: Readonly<Record<ClusterWrite, Counter>> = {
  create: 'createSuccess',
  set: 'setsSuccess',
  update: 'updateSuccess',
  delete: 'deleteSuccess',
};

/**
 * The v2 store of one member: a tree of files and directories, one index for all changes, the last
 * thousand changes, and who waits for the next one. `apply` is a function of what is stored and of
 * the entry, never of a clock; reading and watching change nothing but counters.
 */
export class V2Store {
  readonly #records: V2Records;
  readonly #tree: Tree;
  readonly #history: EventHistory;
  readonly #hub: WatcherHub;
  readonly #changes: Changes;
  readonly #statistics = new Statistics();
  readonly #lookups = { recursive: 0, recursiveFailed: 0, watches: 0 };

  /** Empty until `restore`. */
  constructor(records: V2Records) {
    this.#records = records;
    this.#tree = new Tree(records);
    this.#history = new EventHistory(records);
    this.#hub = new WatcherHub(this.#history);
    this.#changes = new Changes(this.#tree, this.#history, this.#hub);
  }

  /** As of the last change: X-Etcd-Index. */
  get index(): number {
    return this.#changes.index;
  }

  get watcherCount(): number {
    return this.#hub.size;
  }

  /** In nanoseconds since the epoch; undefined: nothing ever expires. */
  get nextExpirationNs(): bigint | undefined {
    return this.#tree.nextExpirationNs;
  }

  /** Replaces everything by the records', writing none; watchers go on from where they are. */
  restore(): void {
    const { nodes, events, state } = this.#records.load();
    this.#changes.index = state?.index ?? 0;
    this.#tree.restore(state === undefined ? [] : nodes, state?.lastNodeId ?? 0);
    this.#history.restore(events, state?.historyStart ?? 0);
    this.#statistics.restore(state?.counters ?? {});
    this.#hub.resume();
  }

  counters(): Counters {
    return this.#statistics.read();
  }

  /** What /v2/stats/store does not tell apart: of the gets, those of whole trees; all watches. */
  lookups(): V2Lookups {
    return { ...this.#lookups };
  }

  get(
    path: string,
    options: { readonly recursive: boolean; readonly sorted: boolean },
  ): V2Answer | V2Failure {
    const found = this.#changes.find(cleanPath(path));
    this.#count('gets', found.kind !== 'failed');
    if (options.recursive) {
      if (found.kind === 'failed') this.#lookups.recursiveFailed++;
      else this.#lookups.recursive++;
    }
    if (found.kind === 'failed') return found;
    const node = found.node.listing(options.recursive, options.sorted);
    return { kind: 'node', node, index: this.#changes.index };
  }

  /** Of the file at this path, which is clean; undefined: there is none. Not counted. */
  value(path: string): string | undefined {
    const found = this.#tree.find(path);
    return found.kind === 'found' && !found.node.isDir ? found.node.value : undefined;
  }

  watch(options: WatchOptions): V2Watcher | V2Failure {
    this.#lookups.watches++;
    return this.#hub.watch({ ...options, path: cleanPath(options.path) }, this.#changes.index);
  }

  /** Applies one committed entry. */
  apply(raw: V2Request): V2Outcome {
    const path = cleanPath(raw.path);
    const request = path === raw.path ? raw : { ...raw, path };
    switch (request.method) {
      case 'PUT':
        return this.#saved(this.#put(request));
      case 'POST':
        return this.#saved(this.#counted('create', this.#changes.createInOrder(request)));
      case 'DELETE':
        return this.#saved(this.#removal(request));
      case 'SYNC':
        this.#expire(request.timeNs);
        return { kind: 'nothing' };
      case 'QGET':
        // Whoever asked reads his own member; here a read changes nothing.
        return { kind: 'nothing' };
      default:
        return { kind: 'unknownMethod' };
    }
  }

  /**
   * A change of the membership, of a member's attributes or of the cluster version was applied,
   * elsewhere. In etcd it is a write to this store, so it takes an index and a place in the history.
   */
  countClusterWrite(kind: ClusterWrite): void {
    this.#statistics.count(CLUSTER_COUNTERS[kind]);
    this.#changes.elsewhere(kind);
    this.#saveState();
  }

  #put(request: V2Request): V2Outcome {
    const compares = request.prevIndex > 0n || request.prevValue !== '';
    if (request.prevExist === false) {
      return this.#counted('create', this.#changes.create(request, 'create'));
    }
    if (compares) return this.#counted('compareAndSwap', this.#changes.compareAndSwap(request));
    if (request.prevExist === true) return this.#counted('update', this.#changes.update(request));
    return this.#counted('sets', this.#changes.set(request));
  }

  #removal(request: V2Request): V2Outcome {
    if (request.prevIndex > 0n || request.prevValue !== '') {
      return this.#counted('compareAndDelete', this.#changes.compareAndDelete(request));
    }
    return this.#counted('delete', this.#changes.delete(request));
  }

  #expire(timeNs: bigint): void {
    if (!this.#changes.expireOne(timeNs)) return;
    do this.#statistics.count('expireCount');
    while (this.#changes.expireOne(timeNs));
    this.#saveState();
  }

  #counted(kind: Countable, outcome: V2Outcome): V2Outcome {
    this.#count(kind, outcome.kind !== 'failed');
    return outcome;
  }

  #count(kind: Countable, success: boolean): void {
    this.#statistics.count(`${kind}${success ? 'Success' : 'Fail'}`);
  }

  /** Once an entry, also if it was refused: the counters are replicated too. */
  #saved(outcome: V2Outcome): V2Outcome {
    this.#saveState();
    return outcome;
  }

  #saveState(): void {
    this.#records.saveState({
      index: this.#changes.index,
      lastNodeId: this.#tree.lastId,
      historyStart: this.#history.startIndex,
      counters: this.#statistics.replicated(),
    });
  }
}

type Countable =
  'gets' | 'sets' | 'delete' | 'update' | 'create' | 'compareAndSwap' | 'compareAndDelete';
