import type { IncomingMessage } from 'node:http';

/** As Go: a larger form is refused. */
export const MAX_FORM_BYTES = 10 * 1024 * 1024;
/** Members, users and roles in JSON are a few hundred bytes; a role may have thousands of patterns. */
export const MAX_JSON_BYTES = 1024 * 1024;
/** Of all bodies being received at once: a bound on what many uploads together take of the memory. */
export const MAX_BODIES_BYTES = 64 * 1024 * 1024;

export type Body =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  /** More than its limit; the rest of it is still to come. */
  | { readonly kind: 'tooLarge' }
  /** Too many others are being received. */
  | { readonly kind: 'busy' }
  /** The client went away, or its bytes were no HTTP. */
  | { readonly kind: 'broken' };

/** Reads bodies within a common budget. A body that takes too long is the HTTP server's to end. */
export class BodyReader {
  #heldBytes = 0;

  async read(request: IncomingMessage, limitBytes: number): Promise<Body> {
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      // Leaving the loop must not destroy the socket: the refusal still has to be written to it.
      for await (const chunk of request.iterator({
        destroyOnReturn: false,
      }) as AsyncIterable<Buffer>) {
        length += chunk.length;
        this.#heldBytes += chunk.length;
        if (length > limitBytes) return { kind: 'tooLarge' };
        if (this.#heldBytes > MAX_BODIES_BYTES) return { kind: 'busy' };
        chunks.push(chunk);
      }
      return { kind: 'body', bytes: Buffer.concat(chunks, length) };
    } catch {
      return { kind: 'broken' };
    } finally {
      this.#heldBytes -= length;
    }
  }
}
