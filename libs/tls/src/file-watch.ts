import { statSync } from 'node:fs';

/**
 * Whether any of some files has changed since it was last asked for. Asking is a few system calls,
 * nothing to a handshake, so that a new file counts for the very next connection.
 */
export class FileWatch {
  readonly #paths: readonly string[];
  #seen: string;

  constructor(paths: readonly (string | undefined)[]) {
    this.#paths = [...new Set(paths.filter((path) => path !== undefined))];
    this.#seen = this.#look();
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  /** True once for each change. */
  changed(): boolean {
    const now = this.#look();
    if (now === this.#seen) return false;
    this.#seen = now;
    return true;
  }

  #look(): string {
    return this.#paths.map(lookAt).join(' ');
  }
}

/**
 * Through symbolic links, for that is how secrets are swapped as a whole. The change time tells of
 * a file that was replaced by one of the same size and the same, copied, modification time.
 */
function lookAt(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return 'unreadable';
  }
}
