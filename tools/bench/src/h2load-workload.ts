import { Compare, PutRequest, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { runH2load } from './load-command.js';
import type { Workload } from './workload.js';

export const VALUE_BYTES = 256;
export const HOT_KEY = 'bench/hot-key';
/** Keys of the wide range, below a prefix of their own. */
export const WIDE_PREFIX = 'wide/';
export const WIDE_KEYS = 1_000;

/** One call that is sent again and again. */
export interface Call {
  readonly name: string;
  readonly path: string;
  readonly message: Uint8Array;
  readonly revisions: 0 | 1;
}

const hotPut = { key: Buffer.from(HOT_KEY), value: Buffer.alloc(VALUE_BYTES, 'v') };

const rangeOf = (serializable: boolean): Uint8Array =>
  RangeRequest.encode(
    RangeRequest.fromPartial({ key: Buffer.from(HOT_KEY), serializable }),
  ).finish();

export const PUT: Call = {
  ...{ name: 'put', path: '/etcdserverpb.KV/Put', revisions: 1 },
  message: PutRequest.encode(PutRequest.fromPartial(hotPut)).finish(),
};

export const LINEARIZABLE: Call = {
  ...{ name: 'linearizable range', path: '/etcdserverpb.KV/Range', revisions: 0 },
  message: rangeOf(false),
};

export const SERIALIZABLE: Call = {
  ...{ name: 'serializable range', path: '/etcdserverpb.KV/Range', revisions: 0 },
  message: rangeOf(true),
};

/** etcdserverpb.Compare: the key's last change is later than 0, so it exists. */
const exists = Compare.fromPartial({
  ...{ target: 2, result: 1, key: hotPut.key },
  targetUnion: { $case: 'modRevision', value: 0n },
});

export const TXN: Call = {
  ...{ name: 'txn (compare, put)', path: '/etcdserverpb.KV/Txn', revisions: 1 },
  message: TxnRequest.encode(
    TxnRequest.fromPartial({
      compare: [exists],
      success: [{ request: { $case: 'requestPut', value: hotPut } }],
    }),
  ).finish(),
};

export const WIDE: Call = {
  ...{ name: 'range of 1,000 keys', path: '/etcdserverpb.KV/Range', revisions: 0 },
  message: RangeRequest.encode(
    RangeRequest.fromPartial({ key: Buffer.from(WIDE_PREFIX), rangeEnd: Buffer.from('wide0') }),
  ).finish(),
};

/** Calls in flight as connections times streams: far below any server's limit of streams. */
const IN_FLIGHT = { 1: [1, 1], 10: [10, 1], 100: [10, 10], 1000: [20, 50] } as const;
const PILOT_REQUESTS = { 1: 200, 10: 200, 100: 1_000, 1000: 3_000 } as const;

/** A closed loop of h2load: one body, many times, its answers' bytes and latencies looked at. */
export function h2loadWorkload(call: Call, inFlight: keyof typeof IN_FLIGHT): Workload {
  const [connections, streams] = IN_FLIGHT[inFlight];
  const { name, path, message, revisions } = call;
  return {
    name: `${name}, ${inFlight} in flight`,
    unit: 'requests/s',
    sizing: 'requests',
    pilotRequests: PILOT_REQUESTS[inFlight],
    expects: { revisions, leases: 0, method: path.split('/').at(-1) ?? '' },
    run: async (subject, requests) => {
      const { endpoint } = subject;
      const answerBytes = await subject.answerBytes(path, message);
      const bodyFile = subject.bodyFile(path.replaceAll('/', '-'), message);
      const logFile = subject.file('latencies.tsv');
      const load = await runH2load({
        ...{ endpoint, path, bodyFile, logFile },
        ...{ requests, connections, streams },
      });
      // The answer taken for its length was one more request.
      return { load, calls: requests + 1, answerBytes };
    },
  };
}
