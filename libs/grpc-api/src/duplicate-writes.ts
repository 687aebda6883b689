import { toBinaryString } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';
import type { DeleteRangeRequest, RequestOp, TxnRequest } from '@etcd-ts/wire-protocol';

import { KeyIntervals } from './key-intervals.js';

interface Writes {
  readonly puts: Set<BinaryString>;
  readonly deletes: KeyIntervals;
}

/**
 * Refuses a transaction one of whose paths puts a key twice, or both puts and deletes it. The two
 * branches of a transaction exclude each other, so they may write the same; deletes may overlap
 * deletes.
 *
 * Two paths are let through although the rule would refuse them, because etcd does, and clients use
 * the first of them to replace everything at once: a delete that is open-ended beside a put, and a
 * nested put followed by the delete of its key in a later nested transaction. Both are well defined:
 * operations take effect in their order.
 */
export function checkDuplicateWrites(request: TxnRequest): void {
  writesOf(request.success);
  writesOf(request.failure);
}

function writesOf(operations: readonly RequestOp[]): Writes {
  const writes: Writes = { puts: new Set(), deletes: new KeyIntervals() };
  for (const { request } of operations) {
    if (request?.$case === 'requestDeleteRange') addDelete(writes, request.value);
  }
  for (const { request } of operations) {
    if (request?.$case === 'requestTxn') addNested(writes, request.value);
  }
  for (const { request } of operations) {
    if (request?.$case !== 'requestPut') continue;
    const key = toBinaryString(request.value.key);
    refuseSecondWrite(writes, key);
    writes.puts.add(key);
  }
  return writes;
}

function addDelete({ deletes }: Writes, { key, rangeEnd }: DeleteRangeRequest): void {
  const begin = toBinaryString(key);
  // An open end, "\0", lies before every key: such an interval is empty, as in etcd.
  if (rangeEnd.length === 0) deletes.addKey(begin);
  else deletes.addInterval(begin, toBinaryString(rangeEnd));
}

function addNested(writes: Writes, nested: TxnRequest): void {
  const success = writesOf(nested.success);
  const failure = writesOf(nested.failure);
  for (const key of success.puts) refuseSecondWrite(writes, key);
  for (const key of failure.puts) refuseSecondWrite(writes, key);
  for (const branch of [success, failure]) {
    for (const key of branch.puts) writes.puts.add(key);
    writes.deletes.addAll(branch.deletes);
  }
}

function refuseSecondWrite({ puts, deletes }: Writes, key: BinaryString): void {
  if (puts.has(key) || deletes.covers(key)) throw ERRORS.DuplicateKey.error();
}
