import type { RaftIndex, Term } from '@etcd-ts/foundation';
import { Backend } from '@etcd-ts/storage';
import type { MemberFiles, Wal } from '@etcd-ts/storage';

import type { LogMirror } from './cluster-watch.js';

export interface AppliedObserver {
  /** An entry has been applied, its effects can be seen. */
  applied(index: RaftIndex, term: Term): void;
  /** The state is that of a received snapshot now. */
  installed(index: RaftIndex): void;
}

/** Over whose shoulder somebody looks. */
export interface ObservedWriter {
  readonly files: MemberFiles;
  readonly mirror: LogMirror;
  readonly observer: AppliedObserver;
  readonly segmentBytes: number;
  /** What a process writes after its death, in the midst of its last work, has never been. */
  readonly isAlive: () => boolean;
}

/** A machine's files, with somebody looking over the shoulder of whoever writes. */
export function observedFiles(writer: ObservedWriter): MemberFiles {
  const { files, mirror, segmentBytes } = writer;
  let incomingFile: string | undefined;
  return {
    ...files,
    openDirectory: (dataDir, options) => {
      const directory = files.openDirectory(dataDir, options);
      ({ incomingFile } = directory);
      return directory;
    },
    openBackend: (file, options) => {
      const backend = files.openBackend(file, options);
      // What a received state says of its position is not applied: it counts once it is adopted.
      return file === incomingFile ? backend : reporting(backend, writer);
    },
    createWal: (dir, metadata, options) => {
      mirror.load({ index: 0, term: 0 }, []);
      return mirrored(files.createWal(dir, metadata, { ...options, segmentBytes }), writer);
    },
    openWal: (dir, start, options) => {
      const contents = files.openWal(dir, start, { ...options, segmentBytes });
      mirror.load(start, contents.entries);
      mirrored(contents.wal, writer);
      return contents;
    },
  };
}

function reporting(backend: Backend, { observer, isAlive }: ObservedWriter): Backend {
  const setConsistentIndex = backend.setConsistentIndex.bind(backend);
  backend.setConsistentIndex = (index, term) => {
    setConsistentIndex(index, term);
    if (isAlive()) observer.applied(index, term);
  };
  const adopt = backend.adopt.bind(backend);
  backend.adopt = (incoming) => {
    adopt(incoming);
    if (isAlive()) observer.installed(backend.consistentIndex().index);
  };
  return backend;
}

function mirrored(wal: Wal, { mirror, isAlive }: ObservedWriter): Wal {
  const append = wal.append.bind(wal);
  wal.append = (hardState, entries) => {
    append(hardState, entries);
    if (isAlive()) mirror.append(hardState, entries);
  };
  const sync = wal.sync.bind(wal);
  wal.sync = async () => {
    const synced = mirror.syncing();
    await sync();
    if (isAlive()) synced();
  };
  const saveSnapshot = wal.saveSnapshot.bind(wal);
  wal.saveSnapshot = (record) => {
    if (isAlive()) mirror.snapshot(record);
    return saveSnapshot(record);
  };
  return wal;
}
