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

/** A machine's files, with somebody looking over the shoulder of whoever writes. */
export function observedFiles(
  files: MemberFiles,
  mirror: LogMirror,
  observer: AppliedObserver,
  segmentBytes: number,
): MemberFiles {
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
      return file === incomingFile ? backend : reporting(backend, observer);
    },
    createWal: (dir, metadata, options) => {
      mirror.load({ index: 0, term: 0 }, []);
      return mirrored(files.createWal(dir, metadata, { ...options, segmentBytes }), mirror);
    },
    openWal: (dir, start, options) => {
      const contents = files.openWal(dir, start, { ...options, segmentBytes });
      mirror.load(start, contents.entries);
      mirrored(contents.wal, mirror);
      return contents;
    },
  };
}

function reporting(backend: Backend, observer: AppliedObserver): Backend {
  const setConsistentIndex = backend.setConsistentIndex.bind(backend);
  backend.setConsistentIndex = (index, term) => {
    setConsistentIndex(index, term);
    observer.applied(index, term);
  };
  const adopt = backend.adopt.bind(backend);
  backend.adopt = (incoming) => {
    adopt(incoming);
    observer.installed(backend.consistentIndex().index);
  };
  return backend;
}

function mirrored(wal: Wal, mirror: LogMirror): Wal {
  const append = wal.append.bind(wal);
  wal.append = (hardState, entries) => {
    append(hardState, entries);
    mirror.append(hardState, entries);
  };
  const sync = wal.sync.bind(wal);
  wal.sync = async () => {
    const synced = mirror.syncing();
    await sync();
    synced();
  };
  const saveSnapshot = wal.saveSnapshot.bind(wal);
  wal.saveSnapshot = (record) => {
    mirror.snapshot(record);
    return saveSnapshot(record);
  };
  return wal;
}
