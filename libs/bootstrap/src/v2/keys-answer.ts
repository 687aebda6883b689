/** A node of the v2 tree, as its keys API shows it. */
export interface KeysNode {
  readonly key: string;
  readonly value: string;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  /** Of a directory; empty for a file. */
  readonly nodes: readonly KeysNode[];
}

export type KeysAnswer =
  /** `index` is X-Etcd-Index: everything up to it is in the answer. */
  | { readonly kind: 'event'; readonly node: KeysNode; readonly index: number }
  /** An error of the keys API: 100 not found, 105 exists, ... */
  | { readonly kind: 'refused'; readonly code: number; readonly text: string }
  /** A long poll that the server gave up without an event. */
  | { readonly kind: 'empty' }
  /** Something answers, but it is no keys API. */
  | { readonly kind: 'foreign' }
  /** Nobody answers, or only to say "later": worth another try. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface HttpAnswer {
  readonly status: number;
  /** The X-Etcd-Index header. */
  readonly etcdIndex: string | undefined;
  readonly body: string;
}

/**
 * Reads strictly: a directory of members decides who founds a cluster, so an answer that is only
 * half understood is none.
 */
export function readKeysAnswer({ status, etcdIndex, body }: HttpAnswer): KeysAnswer {
  if (status >= 500) return { kind: 'unavailable', reason: `server answered ${status}` };
  // A server that limits its callers says "later" as well.
  if (status === 429) return { kind: 'unavailable', reason: 'too many requests' };
  const isSuccess = status === 200 || status === 201;
  if (isSuccess && body.trim() === '') return { kind: 'empty' };
  const json = parseJson(body);
  if (!isSuccess) return readRefusal(json);
  const node = isRecord(json) ? readNode(json['node'], MAX_DEPTH) : undefined;
  if (node === undefined) return { kind: 'foreign' };
  return { kind: 'event', node, index: Number(etcdIndex ?? 0) || 0 };
}

/** A registry is a directory of files; real answers are two levels deep. */
const MAX_DEPTH = 8;

function readRefusal(json: unknown): KeysAnswer {
  if (!isRecord(json)) return { kind: 'foreign' };
  const { errorCode, message, cause, index } = {
    errorCode: json['errorCode'],
    message: json['message'],
    cause: json['cause'],
    index: json['index'],
  };
  if (typeof errorCode !== 'number' || typeof message !== 'string') return { kind: 'foreign' };
  const text = `${errorCode}: ${message} (${typeof cause === 'string' ? cause : ''}) [${Number(index ?? 0)}]`;
  return { kind: 'refused', code: errorCode, text };
}

function readNode(json: unknown, depth: number): KeysNode | undefined {
  if (!isRecord(json) || depth === 0) return undefined;
  const key = json['key'] ?? '';
  const value = json['value'] ?? '';
  const createdIndex = json['createdIndex'] ?? 0;
  const modifiedIndex = json['modifiedIndex'] ?? 0;
  const children = json['nodes'] ?? [];
  if (typeof key !== 'string' || typeof value !== 'string') return undefined;
  if (!isIndex(createdIndex) || !isIndex(modifiedIndex)) return undefined;
  if (!Array.isArray(children)) return undefined;
  const nodes: KeysNode[] = [];
  for (const child of children) {
    const node = readNode(child, depth - 1);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return { key, value, createdIndex, modifiedIndex, nodes };
}

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
