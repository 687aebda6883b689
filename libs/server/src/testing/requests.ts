import {
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
} from '@etcd-ts/wire-protocol';

import type { EtcdServer } from '../etcd-server.js';

const bytes = (text: string): Buffer => Buffer.from(text);

export function put(
  server: EtcdServer,
  key: string,
  value: string | Buffer,
  lease = 0n,
): Promise<number> {
  const data = typeof value === 'string' ? bytes(value) : value;
  const request = PutRequest.create({ key: bytes(key), value: data, lease });
  return server.keyValues.put(request).then(({ header }) => Number(header?.revision));
}

export async function remove(server: EtcdServer, key: string): Promise<number> {
  const request = DeleteRangeRequest.create({ key: bytes(key) });
  return Number((await server.keyValues.deleteRange(request)).deleted);
}

export async function get(
  server: EtcdServer,
  key: string,
  options: Partial<RangeRequest> = {},
): Promise<string | undefined> {
  const request = RangeRequest.create({ key: bytes(key), ...options });
  return (await server.keyValues.range(request)).kvs[0]?.value.toString();
}

/** Every key and its value. */
export async function contents(server: EtcdServer): Promise<ReadonlyMap<string, string>> {
  const everything = Buffer.from([0]);
  const request = RangeRequest.create({ key: everything, rangeEnd: everything });
  const { kvs } = await server.keyValues.range(request);
  return new Map(kvs.map(({ key, value }) => [key.toString(), value.toString()]));
}

export async function compact(server: EtcdServer, revision: number): Promise<void> {
  const request = { revision: BigInt(revision), physical: true };
  await server.keyValues.compact(CompactionRequest.create(request));
}

export async function grant(server: EtcdServer, ttl: number): Promise<bigint> {
  return (await server.leases.grant(LeaseGrantRequest.create({ TTL: BigInt(ttl) }))).ID;
}
