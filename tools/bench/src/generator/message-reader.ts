const PREFIX_BYTES = 5;

/** Cuts a stream of gRPC bytes into messages. */
export class MessageReader {
  readonly #onMessage: (message: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    while (all.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + all.readUInt32BE(at + 1);
      if (end > all.length) break;
      this.#onMessage(all.subarray(at + PREFIX_BYTES, end));
      at = end;
    }
    this.#rest = at === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(at));
  }
}
