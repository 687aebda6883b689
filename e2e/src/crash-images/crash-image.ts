import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { RecordedDirectory } from './recorded-directory.js';
import type { FileChange, RecordedFile } from './recorded-file.js';

/** What the machine had time for: of the changes since the last fsync, these have reached the disk. */
export interface Survivors {
  names(directory: RecordedDirectory): number;
  changes(file: RecordedFile): readonly FileChange[];
}

/** SQLite makes its shared memory anew when nobody has it open. */
const SHARED_MEMORY = /-shm$/u;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** A directory as the machine finds it after the power has come back. */
export class CrashImage {
  readonly #directories: string[] = [];
  readonly #files = new Map<string, Buffer>();

  static of(root: RecordedDirectory, survivors: Survivors): CrashImage {
    const image = new CrashImage();
    image.#gather('', root, survivors);
    return image;
  }

  #gather(path: string, directory: RecordedDirectory, survivors: Survivors): void {
    for (const [name, node] of directory.names(survivors.names(directory))) {
      const place = join(path, name);
      if (node instanceof RecordedDirectory) {
        this.#directories.push(place);
        this.#gather(place, node, survivors);
      } else if (!SHARED_MEMORY.test(name)) {
        this.#files.set(place, node.contents(survivors.changes(node)));
      }
    }
  }

  /** Equal when directories, names and bytes are. */
  digest(): string {
    const hash = createHash('sha1');
    for (const path of [...this.#directories].sort()) hash.update(`${path}/\n`);
    for (const [path, bytes] of [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${path} ${bytes.length}\n`).update(bytes);
    }
    return hash.digest('base64');
  }

  /** In the place of whatever is at `path`. */
  writeTo(path: string): void {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
    for (const name of this.#directories) mkdirSync(join(path, name), { mode: DIRECTORY_MODE });
    for (const [name, bytes] of this.#files) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), bytes, { mode: FILE_MODE });
    }
  }
}
