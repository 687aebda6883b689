import { succeeded, type RpcClient } from '@etcd-ts/testkit';
import {
  KVDefinition,
  LeaseDefinition,
  LeaseLeasesRequest,
  RangeRequest,
} from '@etcd-ts/wire-protocol';

import { cpuSeconds } from './cpu.js';

/** What a server has really done, read from the server itself. */
export interface Counters {
  readonly revision: number;
  readonly leases: number;
  readonly watchers: number;
  /** Calls answered with OK, by gRPC method. */
  readonly ok: ReadonlyMap<string, number>;
  readonly fsyncs: number;
  readonly cpuSeconds: number;
}

export async function readCounters(
  client: RpcClient,
  endpoint: string,
  pid: number,
): Promise<Counters> {
  // Linearizable: a member that is behind catches up before it answers.
  const probe = RangeRequest.fromPartial({ key: Buffer.of(0), countOnly: true });
  const { range } = KVDefinition.methods;
  const { header } = await succeeded(client.unary(KVDefinition, range, probe));
  const { leaseLeases } = LeaseDefinition.methods;
  const { leases } = await succeeded(
    client.unary(LeaseDefinition, leaseLeases, LeaseLeasesRequest.fromPartial({})),
  );
  const metrics = await (await fetch(`http://${endpoint}/metrics`)).text();
  return {
    revision: Number(header?.revision ?? 0n),
    leases: leases.length,
    watchers: sample(metrics, 'etcd_debugging_mvcc_watcher_total'),
    ok: okByMethod(metrics),
    fsyncs: sample(metrics, 'etcd_disk_wal_fsync_duration_seconds_count'),
    cpuSeconds: cpuSeconds(pid) ?? 0,
  };
}

/** What several members did together; what they have, they all have. */
export function together(members: readonly Counters[]): Counters {
  const ok = new Map<string, number>();
  for (const member of members) {
    for (const [method, count] of member.ok) ok.set(method, (ok.get(method) ?? 0) + count);
  }
  const most = (of: (member: Counters) => number): number => Math.max(...members.map(of));
  const sum = (of: (member: Counters) => number): number =>
    members.reduce((total, member) => total + of(member), 0);
  return {
    revision: most(({ revision }) => revision),
    leases: most(({ leases }) => leases),
    watchers: sum(({ watchers }) => watchers),
    ok,
    // The slowest of them: each member syncs what it answers for.
    fsyncs: Math.min(...members.map(({ fsyncs }) => fsyncs)),
    cpuSeconds: sum((member) => member.cpuSeconds),
  };
}

/** A sample without labels in the text of /metrics; 0 when it is not there. */
export function sample(metrics: string, name: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

export function okByMethod(metrics: string): ReadonlyMap<string, number> {
  const ok = new Map<string, number>();
  for (const [, labels = '', value] of metrics.matchAll(
    /^grpc_server_handled_total\{(.*?)\} (\S+)/gm,
  )) {
    if (!labels.includes('grpc_code="OK"')) continue;
    const method = /grpc_method="(\w+)"/.exec(labels)?.[1] ?? '';
    ok.set(method, (ok.get(method) ?? 0) + Number(value));
  }
  return ok;
}
