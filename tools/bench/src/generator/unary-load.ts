import { latencyOf, type Latency } from '../statistics.js';
import { LatencySamples } from './latency-samples.js';
import { RawConnection } from './raw-connection.js';

export interface UnaryLoad {
  readonly endpoint: string;
  readonly path: string;
  /** No more than so many are asked, and none after so many seconds. */
  readonly requests?: number;
  readonly seconds?: number;
  readonly connections: number;
  readonly inFlight: number;
  /** The body of the i-th request; copied before the next is asked for. */
  readonly body: (index: number) => Uint8Array;
}

export interface LoadResult {
  readonly requests: number;
  /** Answers with a message: an error has none, so it cannot pass for success. */
  readonly answered: number;
  readonly bytes: number;
  readonly seconds: number;
  /** From when a request was sent until its answer was there. */
  readonly latency?: Latency;
}

/** A closed loop: each answer makes room for the next request. Ends when all are answered. */
export function runUnaryLoad(load: UnaryLoad): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    void new ClosedLoop(load, resolve, reject).start();
  });
}

class ClosedLoop {
  readonly #load: UnaryLoad;
  readonly #resolve: (result: LoadResult) => void;
  readonly #connections: readonly RawConnection[];
  readonly #latencies = new LatencySamples();
  readonly #limit: number;
  #startedAt = 0;
  #deadline = 0;
  #started = 0;
  #ended = 0;
  #answered = 0;
  #bytes = 0;

  constructor(
    load: UnaryLoad,
    resolve: (result: LoadResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#load = load;
    this.#resolve = resolve;
    this.#limit = load.requests ?? Number.POSITIVE_INFINITY;
    this.#connections = Array.from(
      { length: load.connections },
      () => new RawConnection(load.endpoint, load.path, reject),
    );
  }

  /** Time counts from when all clients are connected. */
  async start(): Promise<void> {
    await Promise.all(this.#connections.map(({ ready }) => ready));
    this.#startedAt = performance.now();
    this.#deadline = this.#startedAt + (this.#load.seconds ?? Number.POSITIVE_INFINITY) * 1000;
    for (let i = 0; i < this.#load.inFlight; i++) {
      const connection = this.#connections[i % this.#connections.length];
      if (connection !== undefined) this.#next(connection);
    }
  }

  #next(connection: RawConnection): void {
    const sentAt = performance.now();
    if (this.#started >= this.#limit || sentAt >= this.#deadline) return;
    let received = 0;
    connection.open(this.#load.body(this.#started++), {
      onData: ({ length }) => {
        received += length;
      },
      onEnd: () => {
        this.#ended++;
        this.#bytes += received;
        if (received > 0) this.#answered++;
        this.#latencies.add(performance.now() - sentAt);
        this.#next(connection);
        if (this.#ended === this.#started) this.#finish();
      },
    });
  }

  #finish(): void {
    for (const open of this.#connections) open.close();
    this.#resolve({
      ...{ requests: this.#started, answered: this.#answered, bytes: this.#bytes },
      seconds: (performance.now() - this.#startedAt) / 1000,
      latency: latencyOf(this.#latencies.values()),
    });
  }
}
