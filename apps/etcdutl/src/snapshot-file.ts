import { failure } from '@etcd-ts/command-line';
import { errorText } from '@etcd-ts/daemon';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { BoltError, BoltReader, snapshotExtent, SNAPSHOT_DIGEST_BYTES } from '@etcd-ts/bolt';
import type { SnapshotExtent } from '@etcd-ts/bolt';

const CHUNK_BYTES = 1 << 20;
const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
};

/** A saved snapshot, or the `db` of a data directory of the original; open until close(). */
export class SnapshotFile {
  readonly #fd: number;
  readonly #sizeBytes: number;
  readonly #extent: SnapshotExtent;

  /** `verb`: what the original was about to do with the file when it failed. */
  constructor(path: string, verb: 'stat' | 'open' = 'open') {
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      throw failure(`${verb} ${path}: ${systemWords(error)}`, { cause: error });
    }
    this.#sizeBytes = fstatSync(this.#fd).size;
    this.#extent = snapshotExtent(this.#sizeBytes);
  }

  get hasDigest(): boolean {
    return this.#extent.hasDigest;
  }

  /** Throws ExitError when the content is not what the digest at its end was made of. */
  checkDigest(): void {
    const { databaseBytes } = this.#extent;
    const hash = createHash('sha256');
    for (let at = 0; at < databaseBytes; at += CHUNK_BYTES) {
      hash.update(this.#read(at, Math.min(CHUNK_BYTES, databaseBytes - at)));
    }
    const expected = this.#read(databaseBytes, SNAPSHOT_DIGEST_BYTES);
    const got = hash.digest();
    if (got.equals(expected)) return;
    throw failure(`expected sha256 ${shownBytes(expected)}, got ${shownBytes(got)}`);
  }

  /** Every page looked at: what comes out of the reader is whole. Throws ExitError. */
  openVerified(): BoltReader {
    try {
      const reader = BoltReader.open((at, length) => this.#read(at, length), this.#sizeBytes);
      const check = reader.verify();
      while (check.next().done !== true);
      return reader;
    } catch (error) {
      if (!(error instanceof BoltError)) throw error;
      const message = `snapshot file integrity check failed: ${error.message}`;
      throw failure(message, { cause: error });
    }
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const read = readSync(this.#fd, bytes, done, length - done, position + done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** As Go prints a slice of bytes. */
const shownBytes = (bytes: Uint8Array): string => `[${bytes.join(' ')}]`;

function systemWords(error: unknown): string {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return SYSTEM_WORDS[code] ?? errorText(error);
}
