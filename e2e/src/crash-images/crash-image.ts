import { join } from 'node:path';

import { DirectoryImage } from '../stored-state/directory-image.js';
import { RecordedDirectory } from './recorded-directory.js';
import type { FileChange, RecordedFile } from './recorded-file.js';

/** What the machine had time for: of the changes since the last fsync, these have reached the disk. */
export interface Survivors {
  names(directory: RecordedDirectory): number;
  changes(file: RecordedFile): readonly FileChange[];
}

/** SQLite makes its shared memory anew when nobody has it open. */
const SHARED_MEMORY = /-shm$/u;

/** A directory as the machine finds it after the power has come back. */
export function crashImage(root: RecordedDirectory, survivors: Survivors): DirectoryImage {
  const directories: string[] = [];
  const files: [string, Buffer][] = [];
  const gather = (path: string, directory: RecordedDirectory): void => {
    for (const [name, node] of directory.names(survivors.names(directory))) {
      const place = join(path, name);
      if (node instanceof RecordedDirectory) {
        directories.push(place);
        gather(place, node);
      } else if (!SHARED_MEMORY.test(name)) {
        files.push([place, node.contents(survivors.changes(node))]);
      }
    }
  };
  gather('', root);
  return new DirectoryImage(directories, files);
}
