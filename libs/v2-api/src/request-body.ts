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

  read(request: IncomingMessage, limitBytes: number): Promise<Body> {
    if (request.destroyed) return Promise.resolve({ kind: 'broken' });
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const settle = (body: Body): void => {
        request.off('data', take).off('end', complete).off('close', broken);
        this.#heldBytes -= length;
        resolve(body);
      };
      const refuse = (body: Body): void => {
        // The socket stays: the refusal still has to be written to it.
        request.pause();
        settle(body);
      };
      const take = (chunk: Buffer): void => {
        length += chunk.length;
        this.#heldBytes += chunk.length;
        if (length > limitBytes) refuse({ kind: 'tooLarge' });
        else if (this.#heldBytes > MAX_BODIES_BYTES) refuse({ kind: 'busy' });
        else chunks.push(chunk);
      };
      const complete = (): void => {
        const [only] = chunks;
        const isWhole = only !== undefined && chunks.length === 1;
        settle({ kind: 'body', bytes: isWhole ? only : Buffer.concat(chunks, length) });
      };
      const broken = (): void => settle({ kind: 'broken' });
      // After the last byte comes `end`; without it only `close`.
      request.on('data', take).on('end', complete).on('close', broken);
    });
  }
}
