import { membersPrefix, readSizeValue, sizeKey } from '@etcd-ts/bootstrap';
import { asBuffer, prefixEnd } from '@etcd-ts/foundation';
import type { KeyValue } from '@etcd-ts/wire-protocol';
import type { MemberEntry, TokenState } from './token-state.js';

interface KeyRange {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
}

const REGISTRY = '/_etcd/registry/';
const TOKEN = /^\/_etcd\/registry\/([^/]+)\//u;

export const prefixOf = (text: string): KeyRange => {
  const key = Buffer.from(text);
  return { key, rangeEnd: asBuffer(prefixEnd(key)) };
};

/** Everything under all tokens. */
export const registryPrefix = (): KeyRange => prefixOf(REGISTRY);

/** Everything of one token. */
export const tokenPrefix = (token: string): KeyRange => prefixOf(`${REGISTRY}${token}/`);

/** Written whenever a member is taken back; its revision is when that was. */
export const revokedKey = (token: string): string => `${REGISTRY}${token}/_config/revoked`;

export const tokenOfKey = (key: Buffer): string | undefined =>
  TOKEN.exec(key.toString('utf8'))?.[1];

export interface TokenRecord {
  readonly state: TokenState;
  /** On which all of the token's keys hang; 0: none, when an operator made it by hand. */
  readonly lease: bigint;
}

/** A token as its keys have it at `revision`; undefined without a size that makes sense. */
export function readTokenState(
  token: string,
  kvs: readonly KeyValue[],
  revision: number,
): TokenRecord | undefined {
  const byKey = new Map(kvs.map((kv) => [kv.key.toString('utf8'), kv]));
  const sizeKv = byKey.get(sizeKey(token));
  const size = sizeKv === undefined ? undefined : readSizeValue(sizeKv.value);
  if (sizeKv === undefined || size === undefined) return undefined;
  const prefix = `${membersPrefix(token)}/`;
  const members = [...byKey]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, kv]) => entryOf(key.slice(prefix.length), kv))
    .sort((a, b) => a.index - b.index)
    // Members that speak v3 enter themselves, and one too many of them may.
    .slice(0, size);
  const state: TokenState = {
    token,
    size,
    createdIndex: Number(sizeKv.createRevision),
    index: revision,
    revokedIndex: Number(byKey.get(revokedKey(token))?.modRevision ?? 0n),
    members,
  };
  return { state, lease: sizeKv.lease };
}

const entryOf = (id: string, { value, createRevision }: KeyValue): MemberEntry => ({
  id,
  value: value.toString('utf8'),
  index: Number(createRevision),
});
