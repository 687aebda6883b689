/** A call on keys, what it costs the server differs. */
export type KeyCall = 'put' | 'range' | 'serializable' | 'txn';

interface Unary {
  readonly endpoint: string;
  readonly connections: number;
  readonly inFlight: number;
}

/** Which keys: `keys` of them from an index on (see distinct-key). */
interface Keys {
  readonly firstKey: number;
  readonly keys: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** What the generator process is told to do. Indexes make keys and ids distinct between runs. */
export type GeneratorJob =
  | (Unary &
      Keys & {
        readonly kind: 'keys';
        readonly call: KeyCall;
        /** Each key one time, or any key any time. */
        readonly order: 'once' | 'any';
        /** Until so many are asked, or for so long; without either, until each key was used once. */
        readonly requests?: number;
        readonly seconds?: number;
      })
  | (Unary & {
      readonly kind: 'leaseGrant';
      readonly requests?: number;
      readonly seconds?: number;
      readonly firstId: number;
    })
  | (Keys & {
      /** Puts at their intended times, whatever the server does, until the input ends. */
      readonly kind: 'paced';
      readonly endpoint: string;
      readonly connections: number;
      readonly perSecond: number;
      /** Where each put's intended time and latency go (see latency-log). */
      readonly logFile: string;
    })
  | {
      readonly kind: 'watch';
      readonly endpoint: string;
      readonly key: string;
      readonly watchers: number;
      readonly streams: number;
      readonly seconds: number;
      readonly valueBytes: number;
    }
  | {
      /** Watchers of keys that never change; says "ready", then holds them until the input ends. */
      readonly kind: 'idleWatchers';
      readonly endpoint: string;
      readonly watchers: number;
    }
  | {
      /** Takes a snapshot of the backend, and counts its bytes. */
      readonly kind: 'snapshot';
      readonly endpoint: string;
    }
  | {
      readonly kind: 'v2Watch';
      readonly endpoint: string;
      readonly watchers: number;
      readonly puts: number;
      readonly valueBytes: number;
    };
