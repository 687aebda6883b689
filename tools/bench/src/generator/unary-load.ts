import { RawConnection } from './raw-connection.js';

export interface UnaryLoad {
  readonly endpoint: string;
  readonly path: string;
  readonly requests: number;
  readonly connections: number;
  readonly inFlight: number;
  /** The body of the i-th request. */
  readonly body: (index: number) => Uint8Array;
}

export interface LoadResult {
  readonly requests: number;
  /** Answers with a message: an error has none, so it cannot pass for success. */
  readonly answered: number;
  readonly bytes: number;
  readonly seconds: number;
}

/** A closed loop: each answer makes room for the next request, until all are answered. */
export function runUnaryLoad(load: UnaryLoad): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    let started = 0;
    let ended = 0;
    let answered = 0;
    let bytes = 0;
    const start = performance.now();
    const connections = Array.from(
      { length: load.connections },
      () => new RawConnection(load.endpoint, load.path, reject),
    );
    const next = (connection: RawConnection): void => {
      if (started >= load.requests) return;
      let received = 0;
      connection.open(load.body(started++), {
        onData: ({ length }) => {
          received += length;
        },
        onEnd: () => {
          ended++;
          bytes += received;
          if (received > 0) answered++;
          if (ended < load.requests) return next(connection);
          for (const open of connections) open.close();
          const seconds = (performance.now() - start) / 1000;
          resolve({ requests: load.requests, answered, bytes, seconds });
        },
      });
    };
    for (let i = 0; i < load.inFlight; i++) {
      const connection = connections[i % connections.length];
      if (connection !== undefined) next(connection);
    }
  });
}
