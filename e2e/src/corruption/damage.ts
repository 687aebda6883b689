import { must, type Rng } from '@etcd-ts/foundation';

import type { DirectoryImage } from '../stored-state/directory-image.js';

export type FileKind = 'log' | 'snapshot' | 'database' | "database's log";

export interface Damage {
  readonly kind: FileKind;
  readonly file: string;
  readonly offset: number;
  readonly bit: number;
}

/** SQLite's shared memory holds nothing that outlives the process. */
function kindOf(file: string): FileKind | undefined {
  if (file.endsWith('.wal')) return 'log';
  if (file.endsWith('.snap')) return 'snapshot';
  if (file.endsWith('.sqlite')) return 'database';
  return file.endsWith('.sqlite-wal') ? "database's log" : undefined;
}

/**
 * Of each kind (or of the only one wanted) as often as of any other, of a kind by size; never in the
 * zeros nobody has written. Undefined when there is no file of that kind.
 */
export function randomDamage(image: DirectoryImage, rng: Rng, only?: string): Damage | undefined {
  const byKind = new Map<FileKind, (readonly [string, number])[]>();
  for (const [file, bytes] of image.files) {
    const kind = kindOf(file);
    const length = writtenLength(bytes);
    if (kind === undefined || length === 0 || (only !== undefined && kind !== only)) continue;
    byKind.set(kind, [...(byKind.get(kind) ?? []), [file, length]]);
  }
  const kinds = [...byKind.keys()];
  if (kinds.length === 0) return undefined;
  const kind = must(kinds[rng.below(kinds.length)], 'a kind');
  const files = byKind.get(kind) ?? [];
  let offset = rng.below(files.reduce((sum, [, length]) => sum + length, 0));
  for (const [file, length] of files) {
    if (offset < length) return { kind, file, offset, bit: rng.below(8) };
    offset -= length;
  }
  throw new Error('an offset is in one of the files');
}

function writtenLength(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

export function damaged(image: DirectoryImage, { file, offset, bit }: Damage): DirectoryImage {
  const bytes = Buffer.from(must(image.files.get(file), 'the file'));
  bytes[offset] = must(bytes[offset], 'a byte') ^ (1 << bit);
  return image.with(file, bytes);
}
