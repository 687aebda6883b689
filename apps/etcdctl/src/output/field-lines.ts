import { quote } from '@etcd-ts/command-line';
import type { KeyValue, ResponseHeader } from '@etcd-ts/wire-protocol';
import type { JsonValue } from './json.js';
import { some } from './json.js';

/** `"Name" : value` */
export const field = (name: string, value: string | number | bigint | boolean): string =>
  `"${name}" : ${String(value)}\n`;

export const quotedField = (name: string, value: string | Buffer): string =>
  field(name, quote(value));

export function headerFields(header: ResponseHeader | undefined): string[] {
  if (header === undefined) return [];
  return [
    field('ClusterID', header.clusterId),
    field('MemberID', header.memberId),
    field('Revision', header.revision),
    field('RaftTerm', header.raftTerm),
  ];
}

/** `prefix`: "Prev" for what was there before. */
export function keyValueFields(prefix: string, pair: KeyValue): string[] {
  return [
    quotedField(`${prefix}Key`, pair.key),
    field(`${prefix}CreateRevision`, pair.createRevision),
    field(`${prefix}ModRevision`, pair.modRevision),
    field(`${prefix}Version`, pair.version),
    quotedField(`${prefix}Value`, pair.value),
    field(`${prefix}Lease`, pair.lease),
  ];
}

export function headerJson(header: ResponseHeader | undefined): JsonValue {
  if (header === undefined) return undefined;
  return {
    cluster_id: some(header.clusterId),
    member_id: some(header.memberId),
    revision: some(header.revision),
    raft_term: some(header.raftTerm),
  };
}

export function keyValueJson(pair: KeyValue | undefined): JsonValue {
  if (pair === undefined) return undefined;
  return {
    key: some(pair.key),
    create_revision: some(pair.createRevision),
    mod_revision: some(pair.modRevision),
    version: some(pair.version),
    value: some(pair.value),
    lease: some(pair.lease),
  };
}
