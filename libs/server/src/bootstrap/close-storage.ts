import type { Logger } from '@etcd-ts/foundation';

import type { OpenedStorage } from './open-storage.js';

type Files = Pick<OpenedStorage, 'backend' | 'wal' | 'directory'>;

/**
 * Closes a member's files and releases its locks, each of them whatever becomes of the others.
 * Resolves with the first failure. What is applied is in the log durably, so the backend may commit
 * it here even after the log has failed.
 */
export async function closeStorage(files: Files, logger: Logger): Promise<Error | undefined> {
  const { backend, wal, directory } = files;
  let failure: Error | undefined;
  const attempt = async (what: string, close: () => Promise<void> | void): Promise<void> => {
    try {
      await close();
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      logger.error('failed to close storage', { part: what, error: reason });
      failure ??= reason;
    }
  };
  // Closing SQLite moves its log into the file and fsyncs. After a fsync that failed the kernel
  // takes the lost pages for written, so the move would make the loss permanent; left alone, what
  // the next process finds on disk is what it can trust. The descriptors go with this process.
  if (!backend.failed) await attempt('backend', () => backend.close());
  await attempt('wal', () => wal.close());
  await attempt('data directory', () => directory.close());
  return failure;
}
