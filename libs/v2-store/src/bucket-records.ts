import { must } from '@etcd-ts/foundation';
import type { NodeView, V2Action, V2Event } from './event.js';
import type { LoadedRecords, NodeRecord, StateRecord, V2Records } from './v2-records.js';

/** The backend's named buckets, as far as they are needed here. */
export interface V2Buckets {
  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void;
  bucketDelete(bucket: string, key: Uint8Array): void;
  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined;
  /** In byte order of the keys. */
  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]>;
}

const NODES = 'v2_nodes';
const HISTORY = 'v2_history';
const STATE = 'v2_state';
/** As many as Buffer reads and writes at once: more nodes than anybody makes. */
const NODE_KEY_BYTES = 6;
const STATE_KEY = Buffer.from('state');

/**
 * The records as rows of JSON: a node under its id, in whose byte order a directory comes before
 * what is in it; an event under its slot; everything else in one row.
 */
export class BucketV2Records implements V2Records {
  readonly #buckets: V2Buckets;

  constructor(buckets: V2Buckets) {
    this.#buckets = buckets;
  }

  saveNode(node: NodeRecord): void {
    const { id, parentId, name, dir, value, createdIndex, modifiedIndex, expirationNs } = node;
    const row: NodeRow = {
      in: parentId,
      name,
      created: createdIndex,
      modified: modifiedIndex,
      value: dir ? undefined : value,
      expires: decimal(expirationNs),
    };
    this.#buckets.bucketPut(NODES, nodeKey(id), encode(row));
  }

  removeNode(id: number): void {
    this.#buckets.bucketDelete(NODES, nodeKey(id));
  }

  saveEvent(slot: number, event: V2Event): void {
    const { action, node, prevNode, atNs, refresh } = event;
    const row: EventRow = {
      action,
      node: viewRow(node),
      prev: prevNode && viewRow(prevNode),
      at: decimal(atNs),
      refresh,
    };
    this.#buckets.bucketPut(HISTORY, slotKey(slot), encode(row));
  }

  removeEvent(slot: number): void {
    this.#buckets.bucketDelete(HISTORY, slotKey(slot));
  }

  saveState(state: StateRecord): void {
    this.#buckets.bucketPut(STATE, STATE_KEY, encode(state));
  }

  load(): LoadedRecords {
    const state = this.#buckets.bucketGet(STATE, STATE_KEY);
    return {
      nodes: this.#nodes(),
      events: this.#events(),
      state: state && (decode(state) as StateRecord),
    };
  }

  *#nodes(): Iterable<NodeRecord> {
    for (const [key, bytes] of this.#buckets.bucketEntries(NODES)) {
      const { in: parentId, name, created, modified, value, expires } = decode(bytes) as NodeRow;
      yield {
        id: Buffer.from(key).readUIntBE(0, NODE_KEY_BYTES),
        parentId,
        name,
        dir: value === undefined,
        value: value ?? '',
        createdIndex: created,
        modifiedIndex: modified,
        expirationNs: expires === undefined ? undefined : BigInt(expires),
      };
    }
  }

  *#events(): Iterable<V2Event> {
    for (const [, bytes] of this.#buckets.bucketEntries(HISTORY)) {
      const { action, node, prev, at, refresh } = decode(bytes) as EventRow;
      yield {
        action,
        node: viewOf(node),
        ...(prev === undefined ? {} : { prevNode: viewOf(prev) }),
        ...(at === undefined ? {} : { atNs: BigInt(at) }),
        ...(refresh === undefined ? {} : { refresh }),
      };
    }
  }
}

/** As a JSON number it would be rounded. */
function decimal(ns: bigint | undefined): string | undefined {
  return ns === undefined ? undefined : String(ns);
}

/** What is undefined is not written. */
interface NodeRow {
  readonly in: number;
  readonly name: string;
  readonly created: number;
  readonly modified: number;
  /** Absent: a directory. */
  readonly value?: string | undefined;
  /** Decimal nanoseconds. */
  readonly expires?: string | undefined;
}

interface ViewRow {
  readonly key: string;
  readonly created: number;
  readonly modified: number;
  /** Absent for a directory, and for what is gone. */
  readonly value?: string | undefined;
  readonly dir?: true | undefined;
  readonly expires?: string | undefined;
}

interface EventRow {
  readonly action: V2Action;
  readonly node: ViewRow;
  readonly prev?: ViewRow | undefined;
  readonly at?: string | undefined;
  readonly refresh?: true | undefined;
}

function viewRow({
  key,
  value,
  dir,
  expirationNs,
  modifiedIndex,
  createdIndex,
}: NodeView): ViewRow {
  return {
    key,
    created: createdIndex,
    modified: modifiedIndex,
    value,
    dir,
    expires: decimal(expirationNs),
  };
}

function viewOf({ key, value, dir, expires, modified, created }: ViewRow): NodeView {
  return {
    key: must(key, 'a stored event without a key'),
    ...(value === undefined ? {} : { value }),
    ...(dir === undefined ? {} : { dir }),
    ...(expires === undefined ? {} : { expirationNs: BigInt(expires) }),
    modifiedIndex: modified,
    createdIndex: created,
  };
}

function encode(row: object): Uint8Array {
  return Buffer.from(JSON.stringify(row));
}

function decode(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}

function nodeKey(id: number): Uint8Array {
  const key = Buffer.alloc(NODE_KEY_BYTES);
  key.writeUIntBE(id, 0, NODE_KEY_BYTES);
  return key;
}

function slotKey(slot: number): Uint8Array {
  const key = Buffer.alloc(2);
  key.writeUInt16BE(slot);
  return key;
}
