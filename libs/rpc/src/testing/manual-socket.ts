import { Duplex } from 'node:stream';

/** For specs: the other end of a connection, which takes what is written when it is told to. */
export class ManualSocket extends Duplex {
  /** What was written and taken, a chunk for each call into the system. */
  readonly taken: Buffer[] = [];
  /** False: writes wait, as for a client that does not read. */
  reads = true;
  #waiting: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: false });
  }

  override _read(): void {
    // Bytes come from `say`.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take([chunk], done);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: () => void): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  /** The client sends. */
  say(...bytes: readonly Buffer[]): void {
    this.push(Buffer.concat(bytes));
  }

  /** The client reads what has waited, and goes on reading. */
  readOn(): void {
    this.reads = true;
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }

  #take(chunks: readonly Buffer[], done: () => void): void {
    // The memory is used again once the write is done.
    this.taken.push(Buffer.from(Buffer.concat(chunks)));
    if (this.reads) done();
    else this.#waiting = done;
  }
}

/** Until everything that a turn of the event loop has started is done. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
