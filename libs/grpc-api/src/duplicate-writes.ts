import { compareBytes, toBinaryString } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';
import type { DeleteRangeRequest, RequestOp, TxnRequest } from '@etcd-ts/wire-protocol';

interface Writes {
  readonly puts: Set<BinaryString>;
  readonly deletes: DeleteRangeRequest[];
}

/**
 * No path through a transaction may put a key twice, or put a key that it also deletes: the
 * revisions of one key would then have no order within their main revision. The two branches of a
 * transaction exclude each other, so they may write the same; deletes may overlap deletes.
 */
export function checkDuplicateWrites(request: TxnRequest): void {
  writesOf(request.success);
  writesOf(request.failure);
}

function writesOf(operations: readonly RequestOp[]): Writes {
  const writes: Writes = { puts: new Set(), deletes: [] };
  for (const { request } of operations) {
    if (request?.$case === 'requestDeleteRange') writes.deletes.push(request.value);
  }
  for (const { request } of operations) {
    if (request?.$case === 'requestPut') addPut(writes, toBinaryString(request.value.key));
  }
  for (const { request } of operations) {
    if (request?.$case === 'requestTxn') addNested(writes, request.value);
  }
  return writes;
}

function addPut({ puts, deletes }: Writes, key: BinaryString): void {
  if (puts.has(key) || deletes.some((range) => covers(range, key))) {
    throw ERRORS.DuplicateKey.error();
  }
  puts.add(key);
}

function addNested(writes: Writes, nested: TxnRequest): void {
  const branches = [writesOf(nested.success), writesOf(nested.failure)];
  const fresh = new Set<BinaryString>();
  for (const branch of branches) {
    for (const key of branch.puts) {
      const isDuplicate = writes.puts.has(key) && !fresh.has(key);
      if (isDuplicate || writes.deletes.some((range) => covers(range, key))) {
        throw ERRORS.DuplicateKey.error();
      }
      fresh.add(key);
    }
  }
  const deletes = branches.flatMap((branch) => branch.deletes);
  for (const key of writes.puts) {
    if (deletes.some((range) => covers(range, key))) throw ERRORS.DuplicateKey.error();
  }
  for (const key of fresh) writes.puts.add(key);
  writes.deletes.push(...deletes);
}

function covers({ key, rangeEnd }: DeleteRangeRequest, candidate: BinaryString): boolean {
  const bytes = Buffer.from(candidate, 'latin1');
  if (rangeEnd.length === 0) return compareBytes(bytes, key) === 0;
  if (compareBytes(bytes, key) < 0) return false;
  const openEnded = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return openEnded || compareBytes(bytes, rangeEnd) < 0;
}
