import type { IncomingHttpHeaders } from 'node:http';
import type { Logger, MemberId as MemberIdType } from '@etcd-ts/foundation';
import { hexId, MemberId } from '@etcd-ts/foundation';
import type { LocalMember } from './transport-options.js';
import { compareVersions, MIN_CLUSTER_VERSION, parseVersion, UNNAMED_VERSION } from './version.js';

/** What every request to a peer says about its sender. */
export function requestHeaders(local: LocalMember): Readonly<Record<string, string>> {
  return {
    'X-Server-From': hexId(local.id),
    'X-Server-Version': local.serverVersion,
    'X-Min-Cluster-Version': MIN_CLUSTER_VERSION,
    'X-Etcd-Cluster-ID': hexId(local.clusterId),
    'X-PeerURLs': local.peerUrls.join(','),
  };
}

export const INCOMPATIBLE_VERSION = 'incompatible version';
export const CLUSTER_ID_MISMATCH = 'cluster ID mismatch';

/** Hexadecimal, at most 64 bits. */
export function parseMemberId(text: string): MemberIdType | undefined {
  return /^0*[0-9a-f]{1,16}$/i.test(text) ? MemberId(BigInt(`0x${text}`)) : undefined;
}

export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The sender and where it can be reached, if it says both. */
export function senderOf(
  headers: IncomingHttpHeaders,
): { readonly id: MemberIdType; readonly urls: readonly string[] } | undefined {
  const id = parseMemberId(headerOf(headers, 'x-server-from') ?? '');
  const urls = headerOf(headers, 'x-peerurls');
  if (id === undefined || urls === undefined || urls === '') return undefined;
  return { id, urls: urls.split(',') };
}

/** Why the two must not talk, in the words that the other end understands; undefined if they may. */
export function refusalOf(
  headers: IncomingHttpHeaders,
  local: LocalMember,
  logger: Logger,
): string | undefined {
  const server = headerOf(headers, 'x-server-version') ?? UNNAMED_VERSION;
  const minCluster = headerOf(headers, 'x-min-cluster-version') ?? UNNAMED_VERSION;
  const fields = {
    'local-member-id': hexId(local.id),
    'local-member-cluster-id': hexId(local.clusterId),
    'local-member-server-version': local.serverVersion,
    'remote-peer-server-name': headerOf(headers, 'x-server-from') ?? '',
    'remote-peer-server-version': server,
    'remote-peer-server-minimum-cluster-version': minCluster,
  };
  const error = versionError(server, minCluster, local.serverVersion);
  if (error !== undefined) {
    logger.warn('failed to check version compatibility', { ...fields, error });
    return INCOMPATIBLE_VERSION;
  }
  const clusterId = headerOf(headers, 'x-etcd-cluster-id') ?? '';
  if (clusterId !== hexId(local.clusterId)) {
    logger.warn('request cluster ID mismatch', { ...fields, 'remote-peer-cluster-id': clusterId });
    return CLUSTER_ID_MISMATCH;
  }
  return undefined;
}

function versionError(server: string, minCluster: string, local: string): string | undefined {
  const own = parseVersion(local);
  const oldest = parseVersion(MIN_CLUSTER_VERSION);
  const theirs = parseVersion(server);
  const theirOldest = parseVersion(minCluster);
  if (!own || !oldest || !theirs || !theirOldest) return 'version not understood';
  if (compareVersions(theirs, oldest) < 0) {
    return `remote version is too low: remote=${server}, local=${local}`;
  }
  if (compareVersions(theirOldest, own) > 0) {
    return `local version is too low: remote=${server}, local=${local}`;
  }
  return undefined;
}
