import { parseEndpointUrl } from '@etcd-ts/config';
import { parseInitialCluster } from '@etcd-ts/membership';
import {
  BAD_ENDPOINT,
  BAD_SIZE_KEY,
  CLUSTER_FULL,
  DUPLICATE_ID,
  DUPLICATE_NAME,
  failure,
  SIZE_KEY_NOT_FOUND,
} from '../discovery-outcome.js';
import type { DiscoveryFailure } from '../discovery-outcome.js';
import type { KeysAnswer, KeysNode } from './keys-answer.js';

const KEY_NOT_FOUND = 100;
const KEY_EXISTS = 105;
/** Of a service that counts itself; an etcd takes a member too many, who then sees it. */
const NO_MORE_PEERS = 103;
const CONFIG_NAME = '_config';

/** Somebody who registered. */
export interface Peer {
  /** The last part of the key: a member id in hexadecimal, usually. */
  readonly id: string;
  /** `name=url[,name=url]`. */
  readonly value: string;
}

/** The service did not answer; the question can be asked again. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
}

const EMPTY: Unavailable = { kind: 'unavailable', reason: 'empty answer' };

export function readSize(
  answer: KeysAnswer,
): { readonly kind: 'ok'; readonly size: number } | DiscoveryFailure | Unavailable {
  switch (answer.kind) {
    case 'unavailable':
      return answer;
    case 'empty':
      return EMPTY;
    case 'foreign':
      return BAD_ENDPOINT;
    case 'refused':
      return answer.code === KEY_NOT_FOUND ? SIZE_KEY_NOT_FOUND : failure(answer.text);
    case 'event': {
      const size = Number(answer.node.value);
      const isSize = /^\d+$/u.test(answer.node.value) && Number.isSafeInteger(size) && size > 0;
      return isSize ? { kind: 'ok', size } : BAD_SIZE_KEY;
    }
  }
}

export interface Roster {
  readonly kind: 'ok';
  /** In the order they came; at most the size of the cluster. */
  readonly peers: readonly Peer[];
  /** Of the registry: later events come after it. */
  readonly index: number;
}

/**
 * Who is there, in order of arrival, which is the same order for everybody. Only the first `size`
 * count: a member that is not among them, in a directory that has them all, comes too late.
 */
export function readRoster(
  answer: KeysAnswer,
  size: number,
  ownId: string,
): Roster | DiscoveryFailure | Unavailable {
  switch (answer.kind) {
    case 'unavailable':
      return answer;
    case 'empty':
      return EMPTY;
    case 'foreign':
      return BAD_ENDPOINT;
    case 'refused':
      return failure(answer.text);
    case 'event': {
      const peers = [...answer.node.nodes]
        .sort((a, b) => a.createdIndex - b.createdIndex)
        .map(peerOf)
        .filter(({ id }) => id !== CONFIG_NAME);
      const first = peers.slice(0, size);
      if (first.length === size && !first.some(({ id }) => id === ownId)) return CLUSTER_FULL;
      return { kind: 'ok', peers: first, index: answer.index };
    }
  }
}

export const peerOf = ({ key, value }: KeysNode): Peer => ({
  id: key.slice(key.lastIndexOf('/') + 1),
  value,
});

/**
 * What became of our own entry. `isRepeated`: an earlier try got no answer, so an entry that is
 * there already may be ours.
 */
export function readRegistration(
  answer: KeysAnswer,
  isRepeated: boolean,
):
  | { readonly kind: 'registered'; readonly createdIndex: number }
  | { readonly kind: 'compare' }
  | DiscoveryFailure
  | Unavailable {
  switch (answer.kind) {
    case 'unavailable':
      return answer;
    case 'empty':
      return EMPTY;
    case 'foreign':
      return BAD_ENDPOINT;
    case 'refused':
      if (answer.code === NO_MORE_PEERS) return CLUSTER_FULL;
      if (answer.code !== KEY_EXISTS) return failure(answer.text);
      return isRepeated ? { kind: 'compare' } : DUPLICATE_ID;
    case 'event':
      return { kind: 'registered', createdIndex: answer.node.createdIndex };
  }
}

/** The members' values become the text that --initial-cluster would have. */
export function composeCluster(
  peers: readonly Peer[],
  size: number,
): { readonly kind: 'ok'; readonly initialCluster: string } | DiscoveryFailure {
  const initialCluster = peers
    .slice(0, size)
    .map(({ value }) => value)
    .join(',');
  const parsed = parseInitialCluster(initialCluster, parseEndpointUrl);
  if (parsed.kind === 'error') return failure('discovery: invalid URL');
  return parsed.cluster.size === size ? { kind: 'ok', initialCluster } : DUPLICATE_NAME;
}
