import type { Rng } from '@etcd-ts/foundation';

import type { Survivors } from './crash-image.js';
import type { FileChange } from './recorded-file.js';

/** The least that a disk writes whole. */
const SECTOR_BYTES = 512;

/** The ways in which what was not synced may survive; those by chance differ with every call. */
export const SURVIVALS = [
  'nothing',
  'everything',
  'contents without names',
  'names without contents',
  'some writes',
  'first writes, torn',
  'some sectors',
] as const;
export type Survival = (typeof SURVIVALS)[number];

export function survivors(survival: Survival, rng: Rng): Survivors {
  const nothing = { names: () => 0, changes: (): readonly FileChange[] => [] };
  const everything: Survivors = {
    names: ({ changes }) => changes.length,
    changes: ({ changes }) => changes,
  };
  const someNames: Survivors['names'] = ({ changes }) => rng.below(changes.length + 1);
  switch (survival) {
    case 'nothing':
      return nothing;
    case 'everything':
      return everything;
    case 'contents without names':
      return { ...nothing, changes: everything.changes };
    case 'names without contents':
      return { ...nothing, names: everything.names };
    case 'some writes':
      return {
        names: someNames,
        changes: ({ changes }) => changes.filter(() => rng.below(2) === 0),
      };
    case 'first writes, torn':
      return { names: someNames, changes: ({ changes }) => torn(changes, rng) };
    case 'some sectors':
      return {
        names: someNames,
        changes: ({ changes }) => changes.flatMap((change) => someSectors(change, rng)),
      };
  }
}

/** In order up to some sector of one of them. */
function torn(changes: readonly FileChange[], rng: Rng): readonly FileChange[] {
  const whole = rng.below(changes.length + 1);
  const last = changes[whole];
  if (last?.kind !== 'write') return changes.slice(0, whole);
  const sectors = sectorsOf(last);
  return [...changes.slice(0, whole), ...sectors.slice(0, rng.below(sectors.length))];
}

/** Each sector by itself, in any order; sizes are no data and go their own way. */
function someSectors(change: FileChange, rng: Rng): readonly FileChange[] {
  const parts = change.kind === 'write' ? sectorsOf(change) : [change];
  return parts.filter(() => rng.below(2) === 0);
}

/** A write cut where the sectors of the file begin. */
function sectorsOf({ position, bytes }: FileChange & { kind: 'write' }): FileChange[] {
  const parts: FileChange[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
    parts.push({ kind: 'write', position: position + at, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return parts;
}
