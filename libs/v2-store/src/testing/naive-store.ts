import type { NodeView, V2Event } from '../event.js';
import type { V2Request } from '../request.js';

interface NaiveNode {
  readonly value?: string;
  readonly created: number;
  readonly modified: number;
  readonly expirationNs?: bigint;
}

/**
 * The rules of the store over one flat map of paths, searched from end to end: slow and obvious.
 * A refusal is its code only.
 */
export class NaiveStore {
  index = 0;
  readonly nodes = new Map<string, NaiveNode>([
    ['/0', { created: 0, modified: 0 }],
    ['/1', { created: 0, modified: 0 }],
  ]);
  readonly events: V2Event[] = [];

  apply(request: V2Request): V2Event | number | undefined {
    const compares = request.prevIndex > 0n || request.prevValue !== '';
    switch (request.method) {
      case 'POST':
        return this.#make(
          { ...request, path: `${request.path}/${String(this.index + 1).padStart(20, '0')}` },
          'create',
        );
      case 'DELETE':
        return compares ? this.#compareAndDelete(request) : this.#delete(request);
      case 'SYNC':
        this.#expire(request.timeNs);
        return undefined;
      default:
        if (request.prevExist === false) return this.#make(request, 'create');
        if (compares) return this.#change(request, 'compareAndSwap');
        return request.prevExist === true ? this.#change(request, 'update') : this.#set(request);
    }
  }

  #missing(path: string): number | undefined {
    if (this.nodes.has(path)) return undefined;
    return this.#fileAbove(path) ? 104 : 100;
  }

  #fileAbove(path: string): boolean {
    return [...this.nodes].some(
      ([above, { value }]) => value !== undefined && path.startsWith(`${above}/`),
    );
  }

  #set(request: V2Request): V2Event | number {
    const there = this.nodes.get(request.path);
    if (there === undefined && request.refresh) return this.#missing(request.path) ?? 0;
    return this.#make(
      { ...request, value: request.refresh ? (there?.value ?? '') : request.value },
      'set',
    );
  }

  #make(request: V2Request, action: 'set' | 'create'): V2Event | number {
    const { path, dir, value } = request;
    if (path === '/1') return 107;
    if (this.#fileAbove(path)) return 104;
    const there = this.nodes.get(path);
    if (there !== undefined && action === 'create') return 105;
    if (there !== undefined && there.value === undefined) return 102;
    const prevNode = there && this.view(path);
    this.index++;
    for (let cut = path.indexOf('/', 1); cut !== -1; cut = path.indexOf('/', cut + 1)) {
      const above = path.slice(0, cut);
      if (!this.nodes.has(above)) {
        this.nodes.set(above, { created: this.index, modified: this.index });
      }
    }
    this.nodes.set(path, {
      ...(dir ? {} : { value }),
      created: this.index,
      modified: this.index,
      ...(request.expirationNs > 0n ? { expirationNs: request.expirationNs } : {}),
    });
    return this.#note(request, action, this.view(path), prevNode, action === 'set');
  }

  #change(request: V2Request, action: 'update' | 'compareAndSwap'): V2Event | number {
    const { path, expirationNs } = request;
    if (path === '/1') return 107;
    const there = this.nodes.get(path);
    if (there === undefined) return this.#missing(path) ?? 0;
    const dir = there.value === undefined;
    if (dir && (action === 'compareAndSwap' || request.value !== '')) return 102;
    if (action === 'compareAndSwap' && this.#differs(request, there)) return 101;
    const prevNode = this.view(path);
    this.index++;
    this.nodes.set(path, {
      ...(dir ? {} : { value: request.refresh ? (there.value ?? '') : request.value }),
      created: there.created,
      modified: dir ? there.modified : this.index,
      ...(expirationNs > 0n ? { expirationNs } : {}),
    });
    const node = { ...this.view(path), modifiedIndex: this.index };
    return this.#note(request, action, node, prevNode, true);
  }

  #differs({ prevIndex, prevValue }: V2Request, there: NaiveNode): boolean {
    if (prevIndex > 0n && Number(prevIndex) !== there.modified) return true;
    return prevValue !== '' && prevValue !== there.value;
  }

  #delete(request: V2Request): V2Event | number {
    const { path } = request;
    if (path === '/1') return 107;
    const there = this.nodes.get(path);
    if (there === undefined) return this.#missing(path) ?? 0;
    if (there.value === undefined && !request.dir && !request.recursive) return 102;
    const below = [...this.nodes.keys()].filter((each) => each.startsWith(`${path}/`));
    if (below.length > 0 && !request.recursive) return 108;
    return this.#remove(request, 'delete');
  }

  #compareAndDelete(request: V2Request): V2Event | number {
    const there = this.nodes.get(request.path);
    if (there === undefined) return this.#missing(request.path) ?? 0;
    if (there.value === undefined) return 102;
    return this.#differs(request, there) ? 101 : this.#remove(request, 'compareAndDelete');
  }

  #expire(timeNs: bigint): void {
    for (;;) {
      const due = [...this.nodes]
        .filter(([, node]) => node.expirationNs !== undefined && node.expirationNs <= timeNs)
        .sort(([, a], [, b]) => Number((a.expirationNs ?? 0n) - (b.expirationNs ?? 0n)))[0];
      if (due === undefined) return;
      this.#remove({ path: due[0], timeNs, refresh: false }, 'expire');
    }
  }

  #remove(
    request: Pick<V2Request, 'path' | 'timeNs' | 'refresh'>,
    action: 'delete' | 'compareAndDelete' | 'expire',
  ): V2Event {
    const prevNode = this.view(request.path);
    for (const path of [...this.nodes.keys()]) {
      if (path === request.path || path.startsWith(`${request.path}/`)) this.nodes.delete(path);
    }
    this.index++;
    const { key, dir, createdIndex } = prevNode;
    const node = { key, ...(dir && { dir }), modifiedIndex: this.index, createdIndex };
    return this.#note(request, action, node, prevNode, false);
  }

  view(path: string): NodeView {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Error(`nothing at ${path}`);
    const { value, created, modified, expirationNs } = node;
    return {
      key: path,
      ...(value === undefined ? { dir: true } : { value }),
      ...(expirationNs === undefined ? {} : { expirationNs }),
      modifiedIndex: modified,
      createdIndex: created,
    };
  }

  #note(
    request: Pick<V2Request, 'timeNs' | 'refresh'>,
    action: V2Event['action'],
    node: NodeView,
    prevNode: NodeView | undefined,
    mayRefresh: boolean,
  ): V2Event {
    const event: V2Event = {
      action,
      node,
      ...(prevNode && { prevNode }),
      ...(request.timeNs > 0n ? { atNs: request.timeNs } : {}),
      ...(mayRefresh && request.refresh ? { refresh: true } : {}),
    };
    this.events.push(event);
    return event;
  }
}
