import type { Member } from './member.js';
import type { Sha1 } from './identity.js';

/** Member name -> its peer URLs, sorted; several entries of one name add up. */
export type InitialCluster = ReadonlyMap<string, readonly string[]>;
export type InitialClusterOutcome =
  | { readonly kind: 'ok'; readonly cluster: InitialCluster }
  | { readonly kind: 'error'; readonly message: string };
export declare function parseInitialCluster(text: string): InitialClusterOutcome;
/** "name=url" pairs, sorted, as etcd prints them. */
export declare function formatInitialCluster(cluster: InitialCluster): string;
/** The members of a new cluster, sorted by id. */
export declare function bootstrapMembers(
  sha1: Sha1,
  cluster: InitialCluster,
  token: string,
): Member[];

export interface BootstrapCheck {
  readonly localName: string;
  readonly cluster: InitialCluster;
  readonly advertisePeerUrls: readonly string[];
  /** The URL with its host name looked up; undefined when the look-up failed. */
  readonly resolve: (url: string) => string | undefined;
}
/** Undefined: all is well. Otherwise etcd's words. */
export declare function verifyBootstrap(check: BootstrapCheck): string | undefined;
/** Undefined: all is well. Otherwise etcd's words. */
export declare function verifyJoinExisting(
  check: Pick<BootstrapCheck, 'localName' | 'cluster'>,
): string | undefined;
