import type { KeyValue } from '@etcd-ts/wire-protocol';

/** Where a new cluster meets in any etcd: the layout of etcd's v3 discovery protocol. */
const REGISTRY = '/_etcd/registry/';

export const sizeKey = (token: string): string => `${REGISTRY}${token}/_config/size`;
/** Without a slash at the end: this is the prefix that etcd's own client asks for. */
export const membersPrefix = (token: string): string => `${REGISTRY}${token}/members`;
export const memberKey = (token: string, id: string): string => `${membersPrefix(token)}/${id}`;

const MEMBER_ID = /^[0-9a-f]{1,16}$/u;

/** Somebody who registered. */
export interface V3Peer {
  /** Member id in hexadecimal. */
  readonly id: string;
  /** `name=url[,name=url]`. */
  readonly value: string;
  readonly createRevision: bigint;
}

export type PeerReading =
  | { readonly kind: 'ok'; readonly peer: V3Peer }
  /** The text is etcd's warning. */
  | { readonly kind: 'invalid'; readonly warning: string; readonly shown: string };

export function readPeer(token: string, { key, value, createRevision }: KeyValue): PeerReading {
  const keyText = key.toString('utf8');
  const id = keyText.slice(membersPrefix(token).length + 1);
  if (!keyText.startsWith(`${membersPrefix(token)}/`) || !MEMBER_ID.test(id)) {
    return { kind: 'invalid', warning: 'invalid peer registry key', shown: id };
  }
  const text = value.toString('utf8');
  if (!text.includes('=')) {
    const warning = 'invalid peer info returned from discovery service';
    return { kind: 'invalid', warning, shown: text };
  }
  return { kind: 'ok', peer: { id, value: text, createRevision } };
}

/** A decimal number of members; undefined for anything else. */
export function readSizeValue(value: Buffer): number | undefined {
  const text = value.toString('utf8');
  const size = Number(text);
  return /^\+?\d{1,9}$/u.test(text) && size > 0 ? size : undefined;
}
