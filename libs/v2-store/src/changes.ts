import type { EventHistory } from './event-history.js';
import type { NodeView, V2Action, V2Event } from './event.js';
import { childPath } from './key-path.js';
import type { V2Node } from './node.js';
import type { V2Request } from './request.js';
import type { NewContent, Tree } from './tree.js';
import { failed, V2_CODE } from './v2-failure.js';
import type { V2Code, V2Failure } from './v2-failure.js';
import type { WatcherHub } from './watcher-hub.js';

/** Where the keys of clients are; what is outside of it no key can name. */
export const KEYS_NAMESPACE = '/1';
/** Where the members and the version of the cluster are in etcd's own store. */
export const CLUSTER_NAMESPACE = '/0';
/** The namespaces, which clients may neither write nor remove. */
const READ_ONLY = new Set(['/', CLUSTER_NAMESPACE, KEYS_NAMESPACE]);
/** 2000-01-01: creating and setting take an earlier time for "never", as etcd does. */
const MIN_EXPIRATION_NS = 946_684_800_000_000_000n;
/** Digits of the name that a node made in order gets. */
const ORDERED_NAME_DIGITS = 20;

/** What changes in one go, and when it was asked for. */
type Occasion = Pick<V2Request, 'timeNs' | 'refresh'>;

export interface V2Applied {
  readonly kind: 'event';
  readonly event: V2Event;
  /** Of the store after it. */
  readonly index: number;
}

type ChangeOutcome = V2Applied | V2Failure;

/**
 * The changes of the tree, each of which takes the next index, a place in the history and the
 * watchers' attention, or is refused and takes nothing. Paths are clean.
 */
export class Changes {
  readonly #tree: Tree;
  readonly #history: EventHistory;
  readonly #hub: WatcherHub;
  /** Of the last change. */
  index = 0;

  constructor(tree: Tree, history: EventHistory, hub: WatcherHub) {
    this.#tree = tree;
    this.#history = history;
    this.#hub = hub;
  }

  set(request: V2Request): ChangeOutcome {
    const found = this.find(request.path);
    if (found.kind === 'failed' && found.code !== V2_CODE.keyNotFound) return found;
    if (found.kind === 'failed' && request.refresh) return found;
    const former = found.kind === 'found' ? found.node : undefined;
    const value = request.refresh && former !== undefined ? former.value : request.value;
    return this.create(value === request.value ? request : { ...request, value }, 'set', former);
  }

  /** Makes a node under a name that sorts by the order of making. */
  createInOrder(request: V2Request): ChangeOutcome {
    const name = String(this.index + 1).padStart(ORDERED_NAME_DIGITS, '0');
    return this.create({ ...request, path: childPath(request.path, name) }, 'create');
  }

  /** Makes a node; a file that is there gives way if the action is `set`. */
  create(request: V2Request, action: 'create' | 'set', former?: V2Node): ChangeOutcome {
    const { path } = request;
    const index = this.index + 1;
    if (READ_ONLY.has(path)) return this.#refuse(V2_CODE.rootReadOnly, '/');
    const cut = path.lastIndexOf('/');
    const parent = this.#tree.directory(path.slice(0, cut) || '/', index);
    if (parent.kind !== 'found') return this.#refuse(V2_CODE.notDirectory, parent.path);
    const name = path.slice(cut + 1);
    const there = parent.node.children?.get(name);
    if (there !== undefined && action === 'create') return this.#refuse(V2_CODE.keyExists, path);
    if (there?.isDir === true) return this.#refuse(V2_CODE.notFile, path);
    const prevNode = former?.view();
    const { dir, value } = request;
    const wantedNs = expirationOf(request);
    const expirationNs =
      wantedNs !== undefined && wantedNs < MIN_EXPIRATION_NS ? undefined : wantedNs;
    const content = { dir, value, index, expirationNs };
    const added = this.#placed(parent.node, name, there, content);
    const refresh = action === 'set' && request.refresh;
    return this.#happened({ timeNs: request.timeNs, refresh }, action, added.view(path), prevNode);
  }

  /** A file that gives way to another keeps its row: a new one would be two changes of the backend. */
  #placed(parent: V2Node, name: string, there: V2Node | undefined, content: NewContent): V2Node {
    if (there !== undefined && !content.dir) return this.#tree.replace(there, content);
    if (there !== undefined) this.#tree.remove(there);
    return this.#tree.add(parent, name, content);
  }

  /** A directory keeps its index: only the event, and its time to live, are new. */
  update(request: V2Request): ChangeOutcome {
    const found = this.#writable(request.path);
    if (found.kind === 'failed') return found;
    const { node } = found;
    if (node.isDir && request.value !== '') return this.#refuse(V2_CODE.notFile, node.path);
    return this.#rewrite(request, 'update', node);
  }

  compareAndSwap(request: V2Request): ChangeOutcome {
    const found = this.#writable(request.path);
    if (found.kind === 'failed') return found;
    const { node } = found;
    if (node.isDir) return this.#refuse(V2_CODE.notFile, node.path);
    const mismatch = compareFailure(node, request);
    if (mismatch !== undefined) return this.#refuse(V2_CODE.compareFailed, mismatch);
    return this.#rewrite(request, 'compareAndSwap', node);
  }

  #rewrite(request: V2Request, action: V2Action, node: V2Node): ChangeOutcome {
    const prevNode = node.view();
    const modifiedIndex = this.index + 1;
    const value = request.refresh ? node.value : request.value;
    const change = node.isDir ? undefined : { value, index: modifiedIndex };
    this.#tree.update(node, change, expirationOf(request));
    return this.#happened(request, action, { ...node.view(), modifiedIndex }, prevNode);
  }

  delete(request: V2Request): ChangeOutcome {
    const found = this.#writable(request.path);
    if (found.kind === 'failed') return found;
    const { node } = found;
    if (node.isDir && !request.dir && !request.recursive)
      return this.#refuse(V2_CODE.notFile, node.path);
    if ((node.children?.size ?? 0) > 0 && !request.recursive) {
      return this.#refuse(V2_CODE.directoryNotEmpty, node.path);
    }
    return this.#gone(request, 'delete', node);
  }

  /** The roots of the namespaces are refused for being directories. */
  compareAndDelete(request: V2Request): ChangeOutcome {
    const found = this.find(request.path);
    if (found.kind === 'failed') return found;
    const { node } = found;
    if (node.isDir) return this.#refuse(V2_CODE.notFile, node.path);
    const mismatch = compareFailure(node, request);
    if (mismatch !== undefined) return this.#refuse(V2_CODE.compareFailed, mismatch);
    return this.#gone(request, 'compareAndDelete', node);
  }

  /** A change of etcd's cluster namespace, which this store does not keep, only counts. */
  elsewhere(action: V2Action): void {
    this.index++;
    const node = { key: CLUSTER_NAMESPACE, modifiedIndex: this.index, createdIndex: this.index };
    this.#history.append({ action, node });
  }

  /** Takes away what expires first, if it does by then. */
  expireOne(timeNs: bigint): boolean {
    const node = this.#tree.expiredBy(timeNs);
    if (node === undefined) return false;
    this.#gone({ timeNs, refresh: false }, 'expire', node);
    return true;
  }

  #gone(request: Occasion, action: V2Action, node: V2Node): V2Applied {
    const { path: key, createdIndex } = node;
    const prevNode = node.view();
    const taken = node.isDir
      ? this.#hub.watchedBelow(key).filter((path) => this.#exists(path))
      : [];
    this.#tree.remove(node);
    const view = {
      key,
      ...(node.isDir ? { dir: true as const } : {}),
      modifiedIndex: this.index + 1,
      createdIndex,
    };
    const { timeNs } = request;
    return this.#happened({ timeNs, refresh: false }, action, view, prevNode, taken);
  }

  #happened(
    request: Occasion,
    action: V2Action,
    node: NodeView,
    prevNode: NodeView | undefined,
    gone: readonly string[] = [],
  ): V2Applied {
    this.index = node.modifiedIndex;
    const event: V2Event = {
      action,
      node,
      prevNode,
      atNs: request.timeNs === 0n ? undefined : request.timeNs,
      refresh: request.refresh ? true : undefined,
    };
    this.#history.append(event);
    if (!request.refresh) this.#hub.publish(event, gone);
    return { kind: 'event', event, index: this.index };
  }

  /** Paths that are refused are named as far as they exist, and the first part that does not. */
  find(path: string): { readonly kind: 'found'; readonly node: V2Node } | V2Failure {
    const found = this.#tree.find(path);
    if (found.kind === 'missing') return this.#refuse(V2_CODE.keyNotFound, found.path);
    if (found.kind === 'notDirectory') return this.#refuse(V2_CODE.notDirectory, found.path);
    return found;
  }

  #exists(path: string): boolean {
    return this.#tree.find(path).kind === 'found';
  }

  #writable(path: string): { readonly kind: 'found'; readonly node: V2Node } | V2Failure {
    return READ_ONLY.has(path) ? this.#refuse(V2_CODE.rootReadOnly, '/') : this.find(path);
  }

  #refuse(code: V2Code, cause: string): V2Failure {
    return failed(code, cause, this.index);
  }
}

/** Undefined: permanent. */
function expirationOf({ expirationNs }: V2Request): bigint | undefined {
  return expirationNs === 0n ? undefined : expirationNs;
}

/** What differs, in etcd's words; undefined: nothing does. */
function compareFailure(node: V2Node, { prevValue, prevIndex }: V2Request): string | undefined {
  const causes: string[] = [];
  if (prevValue !== '' && prevValue !== node.value) causes.push(`[${prevValue} != ${node.value}]`);
  if (prevIndex !== 0n && prevIndex !== BigInt(node.modifiedIndex)) {
    causes.push(`[${prevIndex} != ${node.modifiedIndex}]`);
  }
  return causes.length === 0 ? undefined : causes.join(' ');
}
