import { assert } from '@etcd-ts/foundation';
import type { MemoryReply } from '@etcd-ts/memory-http';

/** All that etcd answers under /v2, but for a member that is in trouble itself. */
const STATUSES = new Set([200, 201, 204, 301, 400, 401, 403, 404, 405, 409, 410, 412, 415, 503]);
/** Of one member, which the API will not remove: etcd says so with no other status. */
const REMOVAL_STATUS = 500;

/** X-Etcd-Index before a request and after it. */
export interface Indexes {
  readonly before: number;
  readonly after: number;
}

/** Throws when an answer is none of the v2 API. */
export function checkReply(
  method: string,
  target: string,
  reply: MemoryReply,
  indexes: Indexes,
): void {
  const { status } = reply;
  const isRemoval =
    status === REMOVAL_STATUS && method === 'DELETE' && /^\/v2\/members/u.test(target);
  assert(STATUSES.has(status) || isRemoval, () => `status ${status}: ${reply.body.toString()}`);
  assert(indexes.after >= indexes.before, 'the index went back');
  if (method === 'GET' || method === 'HEAD') {
    assert(indexes.after === indexes.before, 'reading has changed something');
  }
  if (method === 'HEAD' || reply.body.length === 0) return;
  const type = reply.headers.get('content-type') ?? '';
  if (!type.startsWith('application/json')) return;
  // What is open has said some whole lines, or nothing yet.
  const lines = reply.body.toString('utf8').split('\n').filter(Boolean);
  for (const line of lines) checkJson(status, JSON.parse(line), reply, indexes);
}

function checkJson(status: number, json: unknown, reply: MemoryReply, indexes: Indexes): void {
  assert(typeof json === 'object' && json !== null, 'no object');
  if (status >= 400) return checkError(json, indexes);
  const index = Number(reply.headers.get('x-etcd-index') ?? 0);
  if ('node' in json) checkNode(json.node, Math.max(index, indexes.after));
  if (!('node' in json) || !('prevNode' in json)) return;
  const { modifiedIndex } = json.node as { readonly modifiedIndex?: number };
  const { modifiedIndex: before } = json.prevNode as { readonly modifiedIndex?: number };
  assert((before ?? 0) < (modifiedIndex ?? 0), 'a change is not later than what it changed');
}

function checkError(json: object, { after }: Indexes): void {
  if ('errorCode' in json) {
    const { errorCode, message, index } = json as Readonly<Record<string, unknown>>;
    assert(Number.isInteger(errorCode) && typeof message === 'string', 'no error of etcd');
    assert(typeof index === 'number' && index >= 0 && index <= after, 'an index of the future');
  } else assert('message' in json && typeof json.message === 'string', 'an error without words');
}

interface Node {
  readonly createdIndex?: number;
  readonly modifiedIndex?: number;
  readonly nodes?: readonly Node[];
}

function checkNode(json: unknown, index: number): void {
  const { createdIndex = 0, modifiedIndex = 0, nodes = [] } = json as Node;
  assert(createdIndex <= modifiedIndex, 'changed before it was made');
  assert(modifiedIndex <= index, 'changed in the future');
  for (const node of nodes) checkNode(node, index);
}
