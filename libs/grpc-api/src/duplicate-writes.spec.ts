import fc from 'fast-check';
import {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

import { checkDuplicateWrites } from './duplicate-writes.js';

const LETTERS = ['a', 'b', 'c', 'd'];
const letter = fc.constantFrom(...LETTERS);

const put = (key: string): RequestOp => ({
  request: { $case: 'requestPut', value: PutRequest.create({ key: Buffer.from(key) }) },
});
const del = (key: string, rangeEnd = ''): RequestOp => ({
  request: {
    $case: 'requestDeleteRange',
    value: DeleteRangeRequest.create({ key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) }),
  },
});
const get = (key: string): RequestOp => ({
  request: { $case: 'requestRange', value: RangeRequest.create({ key: Buffer.from(key) }) },
});
const nested = (success: RequestOp[], failure: RequestOp[] = []): RequestOp => ({
  request: { $case: 'requestTxn', value: TxnRequest.create({ success, failure }) },
});

const isRefused = (success: RequestOp[], failure: RequestOp[] = []): boolean => {
  try {
    checkDuplicateWrites(TxnRequest.create({ success, failure }));
    return false;
  } catch {
    return true;
  }
};

/** A write on a path, and the nested transactions of the path that it is in, outermost first. */
interface Write {
  readonly kind: 'put' | 'delete';
  readonly covers: (key: string) => boolean;
  readonly key: string;
  readonly within: readonly number[];
}

/** Every way through the branches, as the writes made on it. */
function pathsOf(operations: readonly RequestOp[], within: readonly number[] = []): Write[][] {
  let paths: Write[][] = [[]];
  operations.forEach(({ request }, at) => {
    const endings = ((): Write[][] => {
      switch (request?.$case) {
        case 'requestPut': {
          const key = request.value.key.toString();
          return [[{ kind: 'put', key, covers: (other) => other === key, within }]];
        }
        case 'requestDeleteRange': {
          const [key, end] = [request.value.key.toString(), request.value.rangeEnd.toString()];
          const covers = (other: string): boolean =>
            end === '' ? other === key : key <= other && other < end;
          return [[{ kind: 'delete', key, covers, within }]];
        }
        case 'requestTxn':
          return [request.value.success, request.value.failure].flatMap((branch) =>
            pathsOf(branch, [...within, at]),
          );
        default:
          return [[]];
      }
    })();
    paths = paths.flatMap((path) => endings.map((ending) => [...path, ...ending]));
  });
  return paths;
}

function clash(a: Write, b: Write): boolean {
  if (a.kind === 'delete' && b.kind === 'delete') return false;
  if (a.kind === 'put' && b.kind === 'put') return a.key === b.key;
  const [written, removed] = a.kind === 'put' ? [a, b] : [b, a];
  if (!removed.covers(written.key)) return false;
  // etcd looks for deletes of its own level first, then at nested ones in their order.
  const parting = written.within.findIndex((at, depth) => at !== removed.within[depth]);
  const nestedPut = parting === -1 ? undefined : written.within[parting];
  const nestedDelete = parting === -1 ? undefined : removed.within[parting];
  if (nestedPut === undefined || nestedDelete === undefined) return true;
  return nestedDelete < nestedPut;
}

const isClashing = (operations: readonly RequestOp[]): boolean =>
  pathsOf(operations).some((path) =>
    path.some((a, at) => path.slice(at + 1).some((b) => clash(a, b))),
  );

const operations = fc.letrec<{ list: RequestOp[]; op: RequestOp }>((tie) => ({
  list: fc.array(tie('op'), { maxLength: 3 }),
  op: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    letter.map(put),
    letter.map((key) => del(key)),
    fc.tuple(letter, letter).map(([key, end]) => del(key, end)),
    letter.map(get),
    fc.tuple(tie('list'), tie('list')).map(([success, failure]) => nested(success, failure)),
  ),
})).list;

describe('the writes of a transaction', () => {
  it('are refused exactly when a path through it writes a key twice', () => {
    fc.assert(
      fc.property(operations, operations, (success, failure) => {
        expect(isRefused(success, failure)).toBe(isClashing(success) || isClashing(failure));
      }),
      { numRuns: 3000 },
    );
  });

  it('may be the same in branches that exclude each other', () => {
    expect(isRefused([put('a')], [put('a'), del('b')])).toBe(false);
    expect(isRefused([nested([put('a')], [put('a')])])).toBe(false);
    expect(isRefused([nested([put('a')], [del('a')])])).toBe(false);
    expect(isRefused([nested([put('a')]), nested([], [put('a')])])).toBe(true);
  });

  it('may delete everything and put anew, as clients of etcd do', () => {
    expect(isRefused([del('\0', '\0'), put('a')])).toBe(false);
    expect(isRefused([del('a', '\0'), put('a')])).toBe(false);
    expect(isRefused([del('a', 'b'), put('a')])).toBe(true);
  });

  it('are checked in time when there are as many as fit into a request', () => {
    const many = 40_000;
    const name = (at: number): string => at.toString(36).padStart(5, '0');
    const deletes = Array.from({ length: many }, (_, at) => del(`d${name(at)}`));
    const puts = Array.from({ length: many }, (_, at) => put(`p${name(at)}`));
    const startedMs = performance.now();
    expect(isRefused([...deletes, ...puts])).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
