import type { ResponseHeader } from '@etcd-ts/wire-protocol';

/** The highest revision that any answer through this proxy has shown: it has certainly happened. */
export class SeenRevisions {
  #highest = 0n;

  get highest(): bigint {
    return this.#highest;
  }

  note(header: ResponseHeader | undefined): void {
    if (header !== undefined && header.revision > this.#highest) this.#highest = header.revision;
  }
}
