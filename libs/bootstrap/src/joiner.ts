import { createHash } from 'node:crypto';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import { hexId } from '@etcd-ts/foundation';
import { computeMemberId } from '@etcd-ts/membership';

/** Who wants to join, and what the wait depends on. */
export interface Joiner {
  readonly name: string;
  /** As advertised to the other members. */
  readonly peerUrls: readonly string[];
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Ends the wait, which otherwise has no limit. */
  readonly signal: AbortSignal;
}

const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();

/** The id this member will have in the cluster that the token founds. */
export const ownMemberId = (peerUrls: readonly string[], token: string): string =>
  hexId(computeMemberId(sha1, peerUrls, token));

export const registrationOf = ({ name, peerUrls }: Pick<Joiner, 'name' | 'peerUrls'>): string =>
  [...peerUrls]
    .sort()
    .map((url) => `${name}=${url}`)
    .join(',');
