import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** A directory in memory. Paths are relative to it. */
export class DirectoryImage {
  readonly #directories: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, Buffer>;

  constructor(directories: Iterable<string>, files: Iterable<readonly [string, Buffer]>) {
    this.#directories = new Set(directories);
    this.files = new Map(files);
  }

  static read(path: string): DirectoryImage {
    const directories: string[] = [];
    const files: [string, Buffer][] = [];
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      const place = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) directories.push(relative(path, place));
      else files.push([relative(path, place), readFileSync(place)]);
    }
    return new DirectoryImage(directories, files);
  }

  /** The same with other bytes in one of its files. */
  with(name: string, bytes: Buffer): DirectoryImage {
    return new DirectoryImage(this.#directories, [...this.files, [name, bytes]]);
  }

  /** Equal when directories, names and bytes are. */
  digest(): string {
    const hash = createHash('sha1');
    for (const path of [...this.#directories].sort()) hash.update(`${path}/\n`);
    for (const [path, bytes] of [...this.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${path} ${bytes.length}\n`).update(bytes);
    }
    return hash.digest('base64');
  }

  /** In the place of whatever is at `path`. */
  writeTo(path: string): void {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
    for (const name of this.#directories) {
      mkdirSync(join(path, name), { recursive: true, mode: DIRECTORY_MODE });
    }
    for (const [name, bytes] of this.files) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), bytes, { mode: FILE_MODE });
    }
  }
}
