import type { CallOptions } from '@etcd-ts/rpc';
import type { KeyValue } from '@etcd-ts/wire-protocol';
import { Event_EventType } from '@etcd-ts/wire-protocol';
import { prefix, toBuffer } from '../kv/key-range.js';
import type { Bytes, KeyRange } from '../kv/key-range.js';
import { get, isMissing, put } from '../kv/txn.js';
import type { Namespaced } from '../namespaced.js';

/** A place in the queue for a name: keys below it, in the order of their creation. */
export interface Place {
  readonly key: Buffer;
  /** The revision the key was created at: the smallest is whose turn it is. */
  readonly revision: bigint;
}

/** Everybody's places in the queue for a name. */
export const placesFor = (name: Bytes): KeyRange => prefix(below(name));

/** Where one lease has its place. */
export function placeKey(name: Bytes, lease: bigint): Buffer {
  return Buffer.concat([below(name), Buffer.from(lease.toString(16))]);
}

function below(name: Bytes): Buffer {
  return Buffer.concat([toBuffer(name), Buffer.from('/')]);
}

/** Takes a place, or finds the one this session has already. */
export async function takePlace(
  client: Namespaced,
  { key, value, lease }: { readonly key: Buffer; readonly value: Bytes; readonly lease: bigint },
  options: CallOptions,
): Promise<{ readonly place: Place; readonly existing: KeyValue | undefined }> {
  const { header, succeeded, responses } = await client.kv
    .txn()
    .if(isMissing(key))
    .do(put(key, value, { lease }))
    .else(get(key))
    .commit(options);
  if (succeeded) return { place: { key, revision: header?.revision ?? 0n }, existing: undefined };
  const answer = responses[0]?.response;
  const existing = answer?.$case === 'responseRange' ? answer.value.kvs[0] : undefined;
  return { place: { key, revision: existing?.createRevision ?? 0n }, existing };
}

/**
 * Waits until nobody below `name` was there before this place. Only the nearest one before is
 * watched: when it goes the next nearest is looked for, and a crowd does not wake at every turn.
 */
export async function awaitTurn(
  client: Namespaced,
  name: Bytes,
  place: Place,
  { signal }: CallOptions,
): Promise<void> {
  for (;;) {
    const { kvs, header } = await client.kv.range(placesFor(name), {
      sortBy: 'CREATE',
      descending: true,
      limit: 1,
      maxCreateRevision: place.revision - 1n,
      ...(signal !== undefined && { signal }),
    });
    const before = kvs[0];
    if (before === undefined) return;
    await awaitDeletion(client, before.key, (header?.revision ?? 0n) + 1n, signal);
  }
}

async function awaitDeletion(
  client: Namespaced,
  key: Buffer,
  startRevision: bigint,
  signal: AbortSignal | undefined,
): Promise<void> {
  const watch = client.watch(key, { startRevision, noPut: true, ...(signal && { signal }) });
  for await (const { events } of watch) {
    if (events.some(({ type }) => type === Event_EventType.DELETE)) return;
  }
}
