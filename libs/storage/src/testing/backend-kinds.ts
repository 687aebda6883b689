import fs from 'node:fs';
import { join } from 'node:path';
import { SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Backend } from '../backend/backend.js';
import { type MemberFiles, REAL_FILES } from '../member-files.js';
import { SimulatedStorage } from '../simulation/simulated-storage.js';
import { TEST_CLOCK } from './temporary-directory.js';

/** A place for databases of one kind, which can die. */
export interface BackendPlace {
  readonly files: MemberFiles;
  path(name: string): string;
  open(name: string): Backend;
  /** What the next process finds when this one is killed; this one goes on unharmed. */
  afterKill(): BackendPlace;
}

function placeOn(files: MemberFiles, dir: string, afterKill: () => BackendPlace): BackendPlace {
  return {
    files,
    path: (name) => join(dir, name),
    open: (name) =>
      files.openBackend(join(dir, name), {
        logger: SILENT_LOGGER,
        clock: TEST_CLOCK,
        mustExist: false,
      }),
    afterKill,
  };
}

function sqlitePlace(directory: () => string, dir = directory()): BackendPlace {
  return placeOn(REAL_FILES, dir, () => {
    const copy = directory();
    for (const name of fs.readdirSync(dir)) fs.copyFileSync(join(dir, name), join(copy, name));
    return sqlitePlace(directory, copy);
  });
}

function memoryPlace(storage = new SimulatedStorage()): BackendPlace {
  return placeOn(storage.files, '/data', () =>
    memoryPlace(storage.crash('everything', new SeededRng(1))),
  );
}

/** Every kind of backend, to be run through the same contract. */
export const BACKEND_KINDS: readonly (readonly [
  kind: string,
  place: (directory: () => string) => BackendPlace,
])[] = [
  ['SQLite', (directory) => sqlitePlace(directory)],
  ['memory', () => memoryPlace()],
];
