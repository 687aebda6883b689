import { computeMemberId } from './identity.js';
import type { Sha1 } from './identity.js';
import type { Member } from './member.js';

/** Member name -> its peer URLs, sorted. */
export type InitialCluster = ReadonlyMap<string, readonly string[]>;

export type InitialClusterOutcome =
  | { readonly kind: 'ok'; readonly cluster: InitialCluster }
  | { readonly kind: 'error'; readonly message: string };

/** One peer URL, trimmed already, in its normal form, or what is wrong with it in etcd's words. */
export type PeerUrlParser = (
  text: string,
) =>
  | { readonly kind: 'ok'; readonly value: { readonly text: string } }
  | { readonly kind: 'error'; readonly message: string };

/**
 * `name=url,name=url`: several entries of one name add up, empty entries are skipped, an entry
 * without `=` names a member with an empty URL, which no parser takes.
 */
export function parseInitialCluster(text: string, parseUrl: PeerUrlParser): InitialClusterOutcome {
  const cluster = new Map<string, string[]>();
  for (const entry of text.split(',')) {
    if (entry === '') continue;
    const equals = entry.indexOf('=');
    const name = equals < 0 ? entry : entry.slice(0, equals);
    const parsed = parseUrl(equals < 0 ? '' : entry.slice(equals + 1).trim());
    if (parsed.kind === 'error') return parsed;
    const urls = cluster.get(name);
    if (urls === undefined) cluster.set(name, [parsed.value.text]);
    else urls.push(parsed.value.text);
  }
  for (const urls of cluster.values()) urls.sort();
  return { kind: 'ok', cluster };
}

/** `name=url` pairs, sorted, as etcd prints them. */
export function formatInitialCluster(cluster: InitialCluster): string {
  return [...cluster]
    .flatMap(([name, urls]) => urls.map((url) => `${name}=${url}`))
    .sort()
    .join(',');
}

/** The members of a new cluster, sorted by id: the order of its first log entries everywhere. */
export function bootstrapMembers(sha1: Sha1, cluster: InitialCluster, token: string): Member[] {
  return [...cluster]
    .map(([name, peerUrls]) => ({
      id: computeMemberId(sha1, peerUrls, token),
      name,
      peerUrls,
      clientUrls: [],
      isLearner: false,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
