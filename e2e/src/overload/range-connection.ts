import { connect, type Socket } from 'node:net';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = 4;
const HEADERS = 1;
const DATA = 0;
const END_HEADERS = 4;
const END_STREAM = 1;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** RFC 7541, 6.2.2: a literal without indexing, name and value as they are. */
function field(name: string, value: string): Buffer {
  const sized = (text: string): Buffer =>
    Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([0]), sized(name), sized(value)]);
}

/** One range request of a key on stream 1, and nothing more ever. */
function conversation(message: Uint8Array): Buffer {
  const block = Buffer.concat([
    field(':method', 'POST'),
    field(':scheme', 'http'),
    field(':path', '/etcdserverpb.KV/Range'),
    field(':authority', 'overload'),
    field('content-type', 'application/grpc'),
    field('te', 'trailers'),
  ]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([
    PREFACE,
    frame(SETTINGS, 0, 0, Buffer.alloc(0)),
    frame(HEADERS, END_HEADERS, 1, block),
    frame(DATA, END_STREAM, 1, Buffer.concat([prefix, message])),
  ]);
}

/** A connection that costs this process next to nothing, so that it can have thousands. */
export class RangeConnection {
  readonly #socket: Socket;
  readonly answered: Promise<void>;

  constructor(port: number, message: Uint8Array, expected: Buffer) {
    this.#socket = connect(port, '127.0.0.1');
    this.answered = new Promise((resolve, reject) => {
      let received = Buffer.alloc(0);
      this.#socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.includes(expected)) resolve();
      });
      this.#socket.once('error', reject);
      this.#socket.once('close', () => reject(new Error('the connection was closed unanswered')));
    });
    this.answered.catch(() => undefined);
    this.#socket.write(conversation(message));
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.readyState === 'open';
  }

  close(): void {
    this.#socket.destroy();
  }
}
