import { compareBytes, EMPTY_BYTES, NO_LEASE, unreachable } from '@etcd-ts/foundation';
import { keyRange } from './key-range.js';
import type { Leaf } from './key-index/node.js';
import type { Compare, CompareResult, CompareTarget } from './operation.js';
import type { StoreState } from './store-state.js';

/**
 * Whether a comparison holds now. Over a range it must hold for every key. No key at all compares
 * as one whose fields are all zero, but an absent value compares with nothing, not even "unequal".
 */
export function compareHolds(state: StoreState, compare: Compare): boolean {
  let holds = true;
  let found = false;
  state.index.visit(keyRange(compare.key, compare.rangeEnd), true, (leaf, slot) => {
    found = true;
    holds = agrees(compare.result, difference(state, compare.target, leaf, slot));
    return holds;
  });
  if (found) return holds;
  return compare.target.kind !== 'value' && agrees(compare.result, absent(compare.target));
}

/** Sign of (what the key has) - (what the comparison names). */
function difference(state: StoreState, target: CompareTarget, leaf: Leaf, slot: number): number {
  switch (target.kind) {
    case 'version':
      return leaf.version(slot) - target.value;
    case 'create':
      return leaf.create(slot) - target.value;
    case 'mod':
      return leaf.main(slot) - target.value;
    case 'lease':
      return sign(state.readNewest(leaf, slot).lease - target.value);
    case 'value':
      return compareBytes(state.readNewest(leaf, slot).value, target.value);
    default:
      return unreachable(target);
  }
}

function absent(target: CompareTarget): number {
  if (target.kind === 'lease') return sign(NO_LEASE - target.value);
  if (target.kind === 'value') return compareBytes(EMPTY_BYTES, target.value);
  return -target.value;
}

function sign(value: bigint): number {
  return value > 0n ? 1 : value < 0n ? -1 : 0;
}

function agrees(result: CompareResult, difference: number): boolean {
  switch (result) {
    case 'equal':
      return difference === 0;
    case 'notEqual':
      return difference !== 0;
    case 'greater':
      return difference > 0;
    case 'less':
      return difference < 0;
    case 'unknown':
      return true;
    default:
      return unreachable(result);
  }
}
