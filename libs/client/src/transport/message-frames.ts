import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

/** One byte "compressed", four of length. */
const PREFIX_BYTES = 5;

/** A message with gRPC's prefix; compression is not used. */
export function frameMessage(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** Puts messages together from however the network cut them. Chunks are kept, not copied, till then. */
export class MessageAssembler {
  readonly #maxBytes: number;
  readonly #take: (message: Buffer) => void;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Of the message that is arriving; undefined: its prefix is not here yet. */
  #expected: number | undefined;

  constructor(maxBytes: number, take: (message: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#take = take;
  }

  /** Something is left of a message that did not arrive whole. */
  get isBetweenMessages(): boolean {
    return this.#buffered === 0 && this.#expected === undefined;
  }

  /** Throws an EtcdError on a message that is compressed or too large. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#advance());
  }

  #advance(): boolean {
    if (this.#expected === undefined) {
      if (this.#buffered < PREFIX_BYTES) return false;
      this.#expected = this.#readPrefix(this.#shift(PREFIX_BYTES));
    }
    if (this.#buffered < this.#expected) return false;
    const message = this.#shift(this.#expected);
    this.#expected = undefined;
    this.#take(message);
    return true;
  }

  #readPrefix(prefix: Buffer): number {
    if (prefix[0] !== 0) {
      throw new EtcdError({
        code: GrpcStatus.Internal,
        message: 'grpc: the server sent a compressed message, which was not asked for',
      });
    }
    const length = prefix.readUInt32BE(1);
    if (length > this.#maxBytes) {
      const message = `grpc: received message larger than max (${length} vs. ${this.#maxBytes})`;
      throw new EtcdError({ code: GrpcStatus.ResourceExhausted, message });
    }
    return length;
  }

  #shift(bytes: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const whole = all ?? Buffer.alloc(0);
    const rest = whole.subarray(bytes);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered -= bytes;
    return whole.subarray(0, bytes);
  }
}
