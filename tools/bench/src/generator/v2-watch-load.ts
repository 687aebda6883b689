import { connect, type Socket } from 'node:net';

import type { LoadResult } from './unary-load.js';

export interface V2WatchLoad {
  readonly endpoint: string;
  readonly watchers: number;
  readonly puts: number;
  readonly valueBytes: number;
}

const KEY = '/v2/keys/bench/watched';
/** How every answer ends: both servers send long polls in chunks. */
const LAST_CHUNK = '0\r\n\r\n';

/** One connection with one request in flight: the next is sent when the last chunk is in. */
class Polling {
  readonly #socket: Socket;
  #text = '';
  #answered: (text: string) => void = () => undefined;

  constructor(endpoint: string, failed: (error: Error) => void) {
    const [host = '', port = ''] = endpoint.split(':');
    this.#socket = connect(Number(port), host).setNoDelay(true).setEncoding('latin1');
    this.#socket.on('error', failed).on('data', (chunk: Buffer | string) => {
      this.#text += chunk.toString();
      if (!isComplete(this.#text)) return;
      const text = this.#text;
      this.#text = '';
      this.#answered(text);
    });
  }

  ask(request: string): Promise<string> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

function isComplete(text: string): boolean {
  const length = /^content-length: (\d+)\r$/imu.exec(text)?.[1];
  if (length === undefined) return text.endsWith(LAST_CHUNK);
  const body = text.indexOf('\r\n\r\n') + 4;
  return body >= 4 && text.length - body >= Number(length);
}

/** Long polls as confd makes them: all answered by one put, then asked again from the next index. */
export async function runV2WatchLoad(load: V2WatchLoad): Promise<LoadResult> {
  const all: Polling[] = [];
  const run = async (failed: (error: Error) => void): Promise<LoadResult> => {
    const open = (): Polling => {
      const polling = new Polling(load.endpoint, failed);
      all.push(polling);
      return polling;
    };
    const putting = open();
    const watching = Array.from({ length: load.watchers }, open);
    return fanOut(load, putting, watching);
  };
  try {
    return await new Promise((resolve, reject) => {
      run(reject).then(resolve, reject);
    });
  } finally {
    for (const polling of all) polling.close();
  }
}

async function fanOut(
  load: V2WatchLoad,
  putting: Polling,
  watching: readonly Polling[],
): Promise<LoadResult> {
  const body = `value=${'v'.repeat(load.valueBytes)}`;
  const form = 'Content-Type: application/x-www-form-urlencoded';
  const put =
    `PUT ${KEY} HTTP/1.1\r\nHost: a\r\n${form}\r\nContent-Length: ${body.length}\r\n\r\n` + body;
  let next = indexOf(await putting.ask(put)) + 1;
  let [answered, bytes] = [0, 0];
  const startedAt = performance.now();
  for (let puts = 0; puts < load.puts; puts++) {
    const poll = `GET ${KEY}?wait=true&waitIndex=${next} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const polls = Promise.all(watching.map((watcher) => watcher.ask(poll)));
    next = indexOf(await putting.ask(put)) + 1;
    for (const text of await polls) {
      if (indexOf(text) === next - 1) answered++;
      bytes += text.length;
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { requests: load.puts * load.watchers, answered, bytes, seconds };
}

function indexOf(answer: string): number {
  return Number(/"node":\{.*?"modifiedIndex":(\d+)/u.exec(answer)?.[1] ?? Number.NaN);
}
