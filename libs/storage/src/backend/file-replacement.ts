import { dirname } from 'node:path';
import { assert } from '@etcd-ts/foundation';
import type { Disk } from '../disk.js';

/** What SQLite keeps beside its file. */
const SIDECARS = ['-wal', '-shm', '-journal'];

/** The file that has won, until it has its name. */
const wonName = (file: string): string => `${file}.adopted`;

/**
 * Puts one database file in the place of another, whose log may still hold commits. The incoming
 * file must be closed and have no log of its own.
 *
 * The danger is the old log beside the new file: SQLite would copy its pages in. So the new one
 * wins under a third name, and takes the old one's only when the old log is gone for good. A crash
 * before the first sync leaves the old database, one after it the new one; in between either.
 */
export function replaceFile(disk: Disk, incoming: string, file: string): void {
  assert(dirname(incoming) === dirname(file), 'both files are in one directory');
  assert(!disk.exists(`${incoming}-wal`), 'the incoming database is all in its file');
  const contents = disk.open(incoming, 'update');
  try {
    contents.syncNow();
  } finally {
    contents.close();
  }
  disk.rename(incoming, wonName(file));
  disk.syncDirectoryNow(dirname(file));
  finishReplacement(disk, file);
}

/** Goes on with a replacement that a crash has interrupted. Before the file is opened. */
export function finishReplacement(disk: Disk, file: string): void {
  if (!disk.exists(wonName(file))) return;
  removeSidecars(disk, file);
  disk.syncDirectoryNow(dirname(file));
  disk.rename(wonName(file), file);
  disk.syncDirectoryNow(dirname(file));
}

function removeSidecars(disk: Disk, file: string): void {
  for (const suffix of SIDECARS) disk.removeNow(file + suffix);
}

/** The file first: what is left of it after a crash is then no database any more. */
export function removeDatabase(file: string, disk: Disk): void {
  disk.removeNow(file);
  removeSidecars(disk, file);
}
