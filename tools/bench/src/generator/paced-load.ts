import { writeFileSync } from 'node:fs';

import { encodeSamples } from '../latency-log.js';
import { LatencySamples } from './latency-samples.js';
import { RawConnection } from './raw-connection.js';
import type { LoadResult } from './unary-load.js';

export interface PacedLoad {
  readonly endpoint: string;
  readonly path: string;
  readonly connections: number;
  readonly perSecond: number;
  readonly logFile: string;
  readonly body: (index: number) => Uint8Array;
}

const TIMER_MS = 1;
/** A server so far behind never comes back: what waits would only grow, on both sides. */
const MOST_SECONDS_BEHIND = 15;

/**
 * An open loop: requests have times at which they should be sent, and a server that stands still does
 * not stop them. Latency counts from the intended time, so neither the server nor this process can
 * hide a pause. Ends when `stopped` does and all are answered.
 */
export async function runPacedLoad(load: PacedLoad, stopped: Promise<void>): Promise<LoadResult> {
  const loop = new OpenLoop(load);
  const failed = loop.failed;
  await Promise.race([stopped, failed]);
  const result = await Promise.race([loop.drain(), failed]);
  writeFileSync(load.logFile, encodeSamples(loop.samples.values()));
  return result;
}

class OpenLoop {
  /** Pairs: intended time since the epoch, latency. */
  readonly samples = new LatencySamples();
  readonly failed: Promise<never>;
  readonly #load: PacedLoad;
  readonly #connections: readonly RawConnection[];
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #fail: (error: Error) => void;
  #sent = 0;
  #ended = 0;
  #answered = 0;
  #bytes = 0;
  #drained: () => void = () => undefined;

  constructor(load: PacedLoad) {
    this.#load = load;
    let fail: (error: Error) => void = () => undefined;
    this.failed = new Promise((_, reject) => (fail = reject));
    this.#fail = fail;
    this.#connections = Array.from(
      { length: load.connections },
      () => new RawConnection(load.endpoint, load.path, fail),
    );
    this.#timer = setInterval(() => this.#sendDue(), TIMER_MS);
  }

  async drain(): Promise<LoadResult> {
    clearInterval(this.#timer);
    const seconds = (performance.now() - this.#startedAt) / 1000;
    if (this.#ended < this.#sent) {
      await new Promise<void>((resolve) => (this.#drained = resolve));
    }
    for (const open of this.#connections) open.close();
    return { requests: this.#sent, answered: this.#answered, bytes: this.#bytes, seconds };
  }

  #sendDue(): void {
    const due = ((performance.now() - this.#startedAt) * this.#load.perSecond) / 1000;
    while (this.#sent < due) this.#send(this.#sent++);
    if (this.#sent - this.#ended <= this.#load.perSecond * MOST_SECONDS_BEHIND) return;
    clearInterval(this.#timer);
    this.#fail(new Error(`the server is ${MOST_SECONDS_BEHIND} s behind its pace`));
  }

  #send(index: number): void {
    const connection = this.#connections[index % this.#connections.length];
    const intendedAt = this.#startedAt + (index * 1000) / this.#load.perSecond;
    let received = 0;
    connection?.open(this.#load.body(index), {
      onData: ({ length }) => {
        received += length;
      },
      onEnd: () => {
        this.#ended++;
        this.#bytes += received;
        if (received > 0) this.#answered++;
        this.samples.add(performance.timeOrigin + intendedAt);
        this.samples.add(performance.now() - intendedAt);
        if (this.#ended === this.#sent) this.#drained();
      },
    });
  }
}
