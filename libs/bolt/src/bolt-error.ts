/**
 * - `notBolt`: neither meta page is one (wrong kind of file, other version, both damaged).
 * - `truncated`: the file ends before a page that it must have.
 * - `damaged`: a page contradicts the format or another page.
 * - `unsupported`: within the format, but beyond what etcd ever writes: nested buckets, pages above
 *   the limit.
 * - `entryTooLarge`: an entry to be written that the format has no room for.
 */
export type BoltErrorCode = 'notBolt' | 'truncated' | 'damaged' | 'unsupported' | 'entryTooLarge';

/** What is wrong with a file or an entry. Nothing else is ever thrown because of their bytes. */
export class BoltError extends Error {
  override readonly name = 'BoltError';
  readonly code: BoltErrorCode;
  /** Where in the file; undefined for an entry that is only about to be written. */
  readonly offsetBytes: number | undefined;

  constructor(code: BoltErrorCode, message: string, offsetBytes?: number) {
    super(offsetBytes === undefined ? message : `${message} (at byte ${offsetBytes})`);
    this.code = code;
    this.offsetBytes = offsetBytes;
  }
}
