/** What the generator process is told to do. Indexes make keys and ids distinct between runs. */
export type GeneratorJob =
  | {
      readonly kind: 'put';
      readonly endpoint: string;
      readonly requests: number;
      readonly connections: number;
      readonly inFlight: number;
      readonly firstKey: number;
      readonly keyBytes: number;
      readonly valueBytes: number;
    }
  | {
      readonly kind: 'leaseGrant';
      readonly endpoint: string;
      readonly requests: number;
      readonly connections: number;
      readonly inFlight: number;
      readonly firstId: number;
    }
  | {
      readonly kind: 'watch';
      readonly endpoint: string;
      readonly key: string;
      readonly watchers: number;
      readonly streams: number;
      readonly puts: number;
      readonly valueBytes: number;
    }
  | {
      readonly kind: 'v2Watch';
      readonly endpoint: string;
      readonly watchers: number;
      readonly puts: number;
      readonly valueBytes: number;
    };
