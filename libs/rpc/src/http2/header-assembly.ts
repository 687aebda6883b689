import { ConnectionError, ErrorCode } from './error-code.js';
import { MAX_CONTINUATIONS, MAX_HEADER_BLOCK_BYTES } from './limits.js';

/**
 * The header block of a HEADERS frame and the CONTINUATIONs after it. Bounded in bytes and in frames
 * (CVE-2024-24549 and its relatives: frames without END_HEADERS cost their sender nothing).
 */
export class HeaderAssembly {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  constructor(streamId: number, endStream: boolean) {
    this.streamId = streamId;
    this.endStream = endStream;
  }

  /** Copies. Throws a ConnectionError at the limit: a block that is not decoded ends everything. */
  add(bytes: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    // HEADERS and so many more.
    if (this.#bytes > MAX_HEADER_BLOCK_BYTES || this.#parts.length > MAX_CONTINUATIONS) {
      throw new ConnectionError(ErrorCode.EnhanceYourCalm, 'a header block too large');
    }
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
  }

  block(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
