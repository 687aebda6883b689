import { succeeded, within, type RpcClient } from '@etcd-ts/testkit';
import {
  HashKVRequest,
  KVDefinition,
  LeaseDefinition,
  LeaseTimeToLiveRequest,
  MaintenanceDefinition,
  RangeRequest,
  WatchCreateRequest,
  WatchDefinition,
  type KeyValue,
  type WatchResponse,
} from '@etcd-ts/wire-protocol';

import type { HistoryStep, Write } from './ledger.js';
import { Violation } from './violation.js';

const ALL_KEYS = { key: Buffer.of(0), rangeEnd: Buffer.of(0) };
const PAGE_KEYS = 10_000n;
const HISTORY_TIMEOUT_MS = 90_000;

export async function currentRevision(client: RpcClient): Promise<number> {
  const request = RangeRequest.fromPartial({ ...ALL_KEYS, countOnly: true });
  const { header } = await succeeded(
    client.unary(KVDefinition, KVDefinition.methods.range, request),
  );
  return Number(header?.revision ?? 0n);
}

/** Everything that happened after one revision up to another, one step for each revision. */
export function readHistory(
  client: RpcClient,
  afterRevision: number,
  upTo: number,
): Promise<readonly HistoryStep[]> {
  if (afterRevision >= upTo) return Promise.resolve([]);
  const stream = client.bidi(WatchDefinition, WatchDefinition.methods.watch);
  const collected = new Promise<readonly HistoryStep[]>((resolve, reject) => {
    const steps: { revision: number; writes: Write[] }[] = [];
    stream.on('error', reject);
    stream.on('data', ({ canceled, cancelReason, events }: WatchResponse) => {
      if (canceled) reject(new Violation(`watch of uncompacted history canceled: ${cancelReason}`));
      for (const { type, kv } of events) {
        const revision = Number(kv?.modRevision ?? 0n);
        const key = kv?.key.toString() ?? '';
        const write = type === 1 ? { key } : { key, value: kv?.value.toString() ?? '' };
        const last = steps.at(-1);
        if (last?.revision === revision) last.writes.push(write);
        else steps.push({ revision, writes: [write] });
      }
      if ((steps.at(-1)?.revision ?? 0) >= upTo) resolve(steps);
    });
  });
  const value = WatchCreateRequest.fromPartial({
    ...ALL_KEYS,
    startRevision: BigInt(afterRevision + 1),
  });
  stream.write({ requestUnion: { $case: 'createRequest', value } });
  return within(`history up to ${upTo}`, HISTORY_TIMEOUT_MS, collected).finally(() => {
    stream.removeAllListeners('error').on('error', () => undefined);
    stream.cancel();
  });
}

/** All keys as they are now, page by page. */
export async function readAll(client: RpcClient): Promise<ReadonlyMap<string, KeyValue>> {
  const all = new Map<string, KeyValue>();
  let from = ALL_KEYS.key;
  for (;;) {
    const request = RangeRequest.fromPartial({ ...ALL_KEYS, key: from, limit: PAGE_KEYS });
    const { kvs, more } = await succeeded(
      client.unary(KVDefinition, KVDefinition.methods.range, request),
    );
    for (const kv of kvs) all.set(kv.key.toString(), kv);
    const last = kvs.at(-1);
    if (!more || last === undefined) return all;
    from = Buffer.concat([last.key, Buffer.of(0)]);
  }
}

export interface StoreHash {
  readonly revision: number;
  readonly compactRevision: number;
  readonly hash: number;
}

export async function readHash(client: RpcClient, revision: number): Promise<StoreHash> {
  const request = HashKVRequest.fromPartial({ revision: BigInt(revision) });
  const { hash, compactRevision } = await succeeded(
    client.unary(MaintenanceDefinition, MaintenanceDefinition.methods.hashKV, request),
  );
  return { revision, compactRevision: Number(compactRevision), hash };
}

/** The keys of a lease, or undefined when there is no such lease. */
export async function leaseKeys(
  client: RpcClient,
  id: bigint,
): Promise<readonly string[] | undefined> {
  const request = LeaseTimeToLiveRequest.fromPartial({ ID: id, keys: true });
  const { TTL: ttl, keys } = await succeeded(
    client.unary(LeaseDefinition, LeaseDefinition.methods.leaseTimeToLive, request),
  );
  return ttl < 0n ? undefined : keys.map((key) => key.toString()).sort();
}
