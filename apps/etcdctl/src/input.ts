import { createInterface } from 'node:readline';
import type { ReadStream } from 'node:tty';

/** Standard input, by lines or whole. */
export interface Input {
  /** Everything up to its end. */
  all(): Promise<Buffer>;
  /** One line without its end; undefined: there are no more. */
  line(): Promise<string | undefined>;
  /** A line that is not shown while it is typed. */
  secret(): Promise<string>;
}

type StandardInput = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;

const ENTER = /[\r\n]/u;
const INTERRUPT = '\x03';
const ERASE = new Set(['\x7f', '\b']);

export class StreamInput implements Input {
  readonly #stream: () => StandardInput;
  #lines: AsyncIterator<string> | undefined;

  /** The stream is asked for only when something is read: opening it takes time. */
  constructor(stream: () => StandardInput) {
    this.#stream = stream;
  }

  async all(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.#stream()) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }

  async line(): Promise<string | undefined> {
    this.#lines ??= createInterface({ input: this.#stream(), crlfDelay: Infinity })[
      Symbol.asyncIterator
    ]();
    const { done, value } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  async secret(): Promise<string> {
    const stream = this.#stream();
    if (stream.isTTY !== true || stream.setRawMode === undefined) return (await this.line()) ?? '';
    stream.setRawMode(true);
    stream.resume();
    try {
      return await readSecret(stream);
    } finally {
      stream.setRawMode(false);
      stream.pause();
    }
  }
}

function readSecret(stream: StandardInput): Promise<string> {
  return new Promise((resolve) => {
    let typed = '';
    const onData = (chunk: Buffer | string): void => {
      for (const key of chunk.toString()) {
        if (key === INTERRUPT) process.kill(process.pid, 'SIGINT');
        else if (ERASE.has(key)) typed = typed.slice(0, -1);
        else if (ENTER.test(key)) {
          stream.off('data', onData);
          resolve(typed);
          return;
        } else typed += key;
      }
    };
    stream.on('data', onData);
  });
}
