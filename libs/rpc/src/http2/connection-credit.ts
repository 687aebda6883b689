import { writeWindowUpdate } from './control-frames.js';
import { ConnectionError, ErrorCode } from './error-code.js';
import { CONNECTION_WINDOW_BYTES, DEFAULT_WINDOW_BYTES } from './limits.js';
import type { OutputBuffer } from './output-buffer.js';

/**
 * Our window for all DATA of a connection. Credit is given back when DATA comes and not when a
 * stream has used it: one stream that nobody reads must not stop the others.
 */
export class ConnectionCredit {
  readonly #out: OutputBuffer;
  #window = CONNECTION_WINDOW_BYTES;

  /** Follows our SETTINGS: the window begins with what every connection has. */
  constructor(out: OutputBuffer) {
    this.#out = out;
    writeWindowUpdate(out, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  }

  /** For all DATA, padding and closed streams included. Throws a ConnectionError. */
  spend(bytes: number): void {
    this.#window -= bytes;
    if (this.#window < 0) {
      throw new ConnectionError(ErrorCode.FlowControlError, 'more DATA than the window allows');
    }
    if (this.#window > CONNECTION_WINDOW_BYTES / 2) return;
    writeWindowUpdate(this.#out, 0, CONNECTION_WINDOW_BYTES - this.#window);
    this.#window = CONNECTION_WINDOW_BYTES;
  }
}
