import { Compare, PutRequest, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { runGenerator, runH2load, type Load } from './load-command.js';
import type { Subject } from './subject.js';

/** What must be true of the server after a run for its figure to count. */
export interface Expectation {
  /** Revisions, leases and OK answers one request makes. */
  readonly revisions: 0 | 1;
  readonly leases: 0 | 1;
  readonly method: string;
}

export interface Workload {
  readonly name: string;
  /** What one unit of the figure is. */
  readonly unit: string;
  /** Requests of the first, short run that finds out how many fill the time. */
  readonly pilotRequests: number;
  readonly expects: Expectation;
  readonly run: (subject: Subject, requests: number) => Promise<Run>;
}

export interface Run {
  readonly load: Load;
  /** Requests the server must have counted: not the same as units for a fan-out. */
  readonly requests: number;
  /** Bytes one answer has at least; an answer that is an error has none. */
  readonly answerBytes: number;
}

export const VALUE_BYTES = 256;
const HOT_KEY = 'bench/hot-key';
const PUT = '/etcdserverpb.KV/Put';
const RANGE = '/etcdserverpb.KV/Range';
const TXN = '/etcdserverpb.KV/Txn';

const put = PutRequest.encode(
  PutRequest.fromPartial({ key: Buffer.from(HOT_KEY), value: Buffer.alloc(VALUE_BYTES, 'v') }),
).finish();

const rangeOf = (serializable: boolean): Uint8Array =>
  RangeRequest.encode(
    RangeRequest.fromPartial({ key: Buffer.from(HOT_KEY), serializable }),
  ).finish();

const txn = TxnRequest.encode(
  TxnRequest.fromPartial({
    compare: [
      Compare.fromPartial({
        target: 2,
        result: 1,
        key: Buffer.from(HOT_KEY),
        targetUnion: { $case: 'modRevision', value: 0n },
      }),
    ],
    success: [
      {
        request: {
          $case: 'requestPut',
          value: { key: Buffer.from(HOT_KEY), value: Buffer.alloc(VALUE_BYTES, 'v') },
        },
      },
    ],
  }),
).finish();

/** Calls in flight as connections times streams: far below any server's limit of streams. */
const IN_FLIGHT = { 1: [1, 1], 100: [10, 10], 1000: [20, 50] } as const;

function h2load(
  name: string,
  inFlight: keyof typeof IN_FLIGHT,
  path: string,
  message: Uint8Array,
  revisions: 0 | 1,
): Workload {
  const [connections, streams] = IN_FLIGHT[inFlight];
  return {
    name: `${name}, ${inFlight} in flight`,
    unit: 'requests/s',
    pilotRequests: inFlight === 1 ? 300 : 3_000,
    expects: { revisions, leases: 0, method: path.split('/').at(-1) ?? '' },
    run: async (subject, requests) => {
      const { endpoint } = subject;
      const answerBytes = await subject.answerBytes(path, message);
      const bodyFile = subject.bodyFile(path.replaceAll('/', '-'), message);
      const load = await runH2load({ endpoint, path, bodyFile, requests, connections, streams });
      // The answer taken for its length was one more request.
      return { load, requests: requests + 1, answerBytes };
    },
  };
}

let nextIndex = 1;

/** Indexes nobody had before in this process. */
export function takeIndexes(count: number): number {
  const first = nextIndex;
  nextIndex += count;
  return first;
}

const distinctPuts: Workload = {
  name: 'put of distinct keys, 1000 in flight',
  unit: 'requests/s',
  pilotRequests: 3_000,
  expects: { revisions: 1, leases: 0, method: 'Put' },
  run: async ({ endpoint }, requests) => ({
    load: await runGenerator({
      ...{ kind: 'put', endpoint, requests, connections: 20, inFlight: 1000 },
      ...{ firstKey: takeIndexes(requests), keyBytes: 64, valueBytes: VALUE_BYTES },
    }),
    requests,
    answerBytes: 10,
  }),
};

const leaseGrants: Workload = {
  name: 'lease grant, 100 in flight',
  unit: 'requests/s',
  pilotRequests: 2_000,
  expects: { revisions: 0, leases: 1, method: 'LeaseGrant' },
  run: async ({ endpoint }, requests) => ({
    load: await runGenerator({
      ...{ kind: 'leaseGrant', endpoint, requests, connections: 10, inFlight: 100 },
      firstId: takeIndexes(requests),
    }),
    requests,
    answerBytes: 10,
  }),
};

export const WATCHERS = 1000;

const watchFanOut: Workload = {
  name: `watch fan-out, 1 key to ${WATCHERS} watchers`,
  unit: 'events/s',
  pilotRequests: 20,
  expects: { revisions: 1, leases: 0, method: 'Put' },
  run: async ({ endpoint }, puts) => ({
    load: await runGenerator({
      ...{ kind: 'watch', endpoint, key: 'bench/watched', watchers: WATCHERS, streams: 10 },
      ...{ puts, valueBytes: VALUE_BYTES },
    }),
    requests: puts,
    answerBytes: VALUE_BYTES,
  }),
};

export const WORKLOADS: readonly Workload[] = [
  h2load('put', 1, PUT, put, 1),
  h2load('put', 100, PUT, put, 1),
  h2load('put', 1000, PUT, put, 1),
  distinctPuts,
  h2load('linearizable range', 1, RANGE, rangeOf(false), 0),
  h2load('linearizable range', 100, RANGE, rangeOf(false), 0),
  h2load('linearizable range', 1000, RANGE, rangeOf(false), 0),
  h2load('serializable range', 100, RANGE, rangeOf(true), 0),
  h2load('serializable range', 1000, RANGE, rangeOf(true), 0),
  h2load('txn (compare, put)', 100, TXN, txn, 1),
  h2load('txn (compare, put)', 1000, TXN, txn, 1),
  watchFanOut,
  leaseGrants,
];

/** The key all h2load workloads use must be there before the first of them reads it. */
export async function prefill(subject: Subject): Promise<void> {
  await subject.put(HOT_KEY, VALUE_BYTES);
}

export const PACED_PUT = { path: PUT, message: put };
