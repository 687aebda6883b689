import { runGenerator } from './load-command.js';
import { VALUE_BYTES } from './h2load-workload.js';
import type { KeyCall } from './generator-job.js';
import type { Expectation, Workload } from './workload.js';

/** All keys of the stores measured here are as long as this. */
export const KEY_BYTES = 64;
const MIN_ANSWER_BYTES = 10;

let nextIndex = 1;

/** Indexes nobody had before in this process. */
export function takeIndexes(count: number): number {
  const first = nextIndex;
  nextIndex += count;
  return first;
}

/** More than any server here can be asked for in the time of one measurement. */
const INDEXES_OF_ONE_RUN = 10_000_000;

/** What a call is named, and what it does to the server. */
const BY_CALL: Readonly<
  Record<KeyCall, Expectation & { readonly name: string; readonly answerBytes: number }>
> = {
  put: {
    ...{ name: 'put', answerBytes: MIN_ANSWER_BYTES },
    ...{ revisions: 1, leases: 0, method: 'Put' },
  },
  range: {
    ...{ name: 'linearizable range', answerBytes: VALUE_BYTES },
    ...{ revisions: 0, leases: 0, method: 'Range' },
  },
  serializable: {
    ...{ name: 'serializable range', answerBytes: VALUE_BYTES },
    ...{ revisions: 0, leases: 0, method: 'Range' },
  },
  txn: {
    ...{ name: 'txn (compare, put)', answerBytes: MIN_ANSWER_BYTES },
    ...{ revisions: 1, leases: 0, method: 'Txn' },
  },
};

const byGenerator = { unit: 'requests/s', sizing: 'seconds', pilotRequests: 0 } as const;

/** Keys that exist, in no order; each client has a connection and waits for its answer. */
export function storeWorkload(
  call: KeyCall,
  store: { readonly firstKey: number; readonly keys: number },
  clients: number,
): Workload {
  const { name, answerBytes, ...expects } = BY_CALL[call];
  return {
    ...byGenerator,
    name: `${name}, ${clients} clients`,
    expects,
    run: async ({ endpoint }, seconds) => {
      const load = await runGenerator({
        ...{ kind: 'keys', call, endpoint, connections: clients, inFlight: clients, seconds },
        ...{ ...store, order: 'any', keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
      });
      return { load, calls: load.requests, answerBytes };
    },
  };
}

export const DISTINCT_PUTS: Workload = {
  ...byGenerator,
  name: 'put of distinct keys, 1000 in flight',
  expects: { revisions: 1, leases: 0, method: 'Put' },
  run: async ({ endpoint }, seconds) => {
    const keys = INDEXES_OF_ONE_RUN;
    const load = await runGenerator({
      ...{ kind: 'keys', call: 'put', endpoint, connections: 20, inFlight: 1000, seconds },
      ...{ firstKey: takeIndexes(keys), keys, order: 'once' },
      ...{ keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
    });
    return { load, calls: load.requests, answerBytes: MIN_ANSWER_BYTES };
  },
};

export const LEASE_GRANTS: Workload = {
  ...byGenerator,
  name: 'lease grant, 100 in flight',
  expects: { revisions: 0, leases: 1, method: 'LeaseGrant' },
  run: async ({ endpoint }, seconds) => {
    const load = await runGenerator({
      ...{ kind: 'leaseGrant', endpoint, connections: 10, inFlight: 100, seconds },
      firstId: takeIndexes(INDEXES_OF_ONE_RUN),
    });
    return { load, calls: load.requests, answerBytes: MIN_ANSWER_BYTES };
  },
};

export function watchFanOut(watchers: number): Workload {
  return {
    ...byGenerator,
    name: `watch fan-out, 1 key to ${watchers} watchers`,
    unit: 'events/s',
    expects: { revisions: 1, leases: 0, method: 'Put' },
    run: async ({ endpoint }, seconds) => {
      const load = await runGenerator({
        ...{ kind: 'watch', endpoint, key: 'watched', watchers, seconds },
        ...{ streams: Math.min(10, watchers), valueBytes: VALUE_BYTES },
      });
      return { load, calls: load.requests / watchers, answerBytes: VALUE_BYTES };
    },
  };
}
