import { EMPTY_BYTES } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type {
  ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
} from '../types.js';

const TYPES: readonly ConfChangeType[] = ['addNode', 'removeNode', 'updateNode', 'addLearnerNode'];
const TRANSITIONS: readonly ConfChangeTransition[] = ['auto', 'jointImplicit', 'jointExplicit'];

/** raftpb.ConfChangeV2 for members below 128, which is all a test needs. */
export function encodeConfChange(change: ConfChangeV2): Uint8Array {
  const bytes: number[] = [];
  if (change.transition !== 'auto') bytes.push(0x08, TRANSITIONS.indexOf(change.transition));
  for (const { type, nodeId } of change.changes) {
    bytes.push(0x12, 4, 0x08, TYPES.indexOf(type), 0x10, Number(nodeId));
  }
  return Uint8Array.from(bytes);
}

export function decodeConfChange(data: Uint8Array): ConfChangeV2 {
  let transition: ConfChangeTransition = 'auto';
  const changes: ConfChangeSingle[] = [];
  for (let i = 0; i < data.length;) {
    if (data[i] === 0x08) {
      transition = TRANSITIONS[data[i + 1] as number] as ConfChangeTransition;
      i += 2;
    } else {
      const type = TYPES[data[i + 3] as number] as ConfChangeType;
      changes.push({ type, nodeId: BigInt(data[i + 5] as number) as MemberId });
      i += 6;
    }
  }
  return { transition, changes, context: EMPTY_BYTES };
}

const LETTERS: Readonly<Record<string, ConfChangeType>> = {
  v: 'addNode',
  r: 'removeNode',
  u: 'updateNode',
  l: 'addLearnerNode',
};

/** `v4 r2 l5`: a voter 4, without 2, a learner 5. */
export function parseConfChange(
  words: readonly string[],
  transition: ConfChangeTransition,
): ConfChangeV2 {
  const changes = words.map((word) => {
    const type = LETTERS[word[0] ?? ''];
    if (type === undefined) throw new Error(`not a change: ${word}`);
    return { type, nodeId: BigInt(word.slice(1)) as MemberId };
  });
  return { transition, changes, context: EMPTY_BYTES };
}
