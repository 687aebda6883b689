import { assert } from './assert.js';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A main revision of the key-value store: 1 on a fresh store, +1 for each mutating request. */
export type Revision = Brand<number, 'Revision'>;
/** A raft term. 0 before the first election. */
export type Term = Brand<number, 'Term'>;
/** A position in the raft log. The first entry has index 1; 0 means "none". */
export type RaftIndex = Brand<number, 'RaftIndex'>;
/** Full 64 bits, unsigned: a hash. 0n means "no member" (raft's None). */
export type MemberId = Brand<bigint, 'MemberId'>;
/** Full 64 bits, unsigned: a hash over the bootstrap members. */
export type ClusterId = Brand<bigint, 'ClusterId'>;
/** Positive int63 as etcd hands them out; 0n means "no lease". */
export type LeaseId = Brand<bigint, 'LeaseId'>;

function counter(value: number, what: string): number {
  // 2^53 revisions are centuries of writes, so a value beyond it is damage, not growth.
  assert(Number.isSafeInteger(value) && value >= 0, () => `${what} out of range: ${value}`);
  return value;
}

export const Revision = (value: number): Revision => counter(value, 'revision') as Revision;
export const Term = (value: number): Term => counter(value, 'term') as Term;
export const RaftIndex = (value: number): RaftIndex => counter(value, 'raft index') as RaftIndex;
export const MemberId = (value: bigint): MemberId => BigInt.asUintN(64, value) as MemberId;
export const ClusterId = (value: bigint): ClusterId => BigInt.asUintN(64, value) as ClusterId;
export const LeaseId = (value: bigint): LeaseId => BigInt.asIntN(64, value) as LeaseId;

/** Raft's None: no vote, no leader. */
export const NO_MEMBER = MemberId(0n);
export const NO_LEASE = LeaseId(0n);

/** Lower-case hex without padding, as etcd prints member and cluster ids. */
export function hexId(id: MemberId | ClusterId | LeaseId): string {
  return BigInt.asUintN(64, id).toString(16);
}
