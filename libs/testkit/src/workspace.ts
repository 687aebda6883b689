import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The root of this repository: the nearest folder upwards that has an nx.json. */
export function workspaceRoot(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('not inside the workspace: no nx.json above');
  }
}

/**
 * A new empty folder on the disk that TMPDIR names. Durability tests need a real disk there: on
 * tmpfs a missing fsync goes unnoticed.
 */
export function createScratchDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `etcd-ts-${name}-`));
}

export function removeScratchDirectory(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
