import type { IncomingMessage } from 'node:http';
import { hexId } from '@etcd-ts/foundation';
import { CLUSTER_ID_MISMATCH, INCOMPATIBLE_VERSION } from '../handshake.js';
import type { RemoteEndpoint } from './remote-endpoint.js';
import { readAnswer } from './remote-endpoint.js';

export const MEMBER_REMOVED = 'the member has been permanently removed from the cluster';

/** Why a peer refused what this member posted; undefined if it took it. */
export async function postFailure(
  endpoint: RemoteEndpoint,
  response: IncomingMessage,
): Promise<string | undefined> {
  const body = await readAnswer(response);
  switch (response.statusCode) {
    case 204:
      return undefined;
    case 403:
      // Where another member has come to live at a member's address, it refuses what is not for it.
      // The original takes every 403 for its own removal and stops; this would be one member lost
      // to a wrong address.
      if (body.includes('mismatch member')) return body;
      endpoint.options.raft.removedFromCluster();
      return MEMBER_REMOVED;
    case 412:
      return preconditionFailure(endpoint, body);
    default:
      return `unexpected http status ${response.statusMessage ?? ''} while posting (${body})`;
  }
}

export function preconditionFailure({ id, options }: RemoteEndpoint, body: string): string {
  const fields = {
    'local-member-id': hexId(options.local.id),
    'local-member-cluster-id': hexId(options.local.clusterId),
    'local-member-server-version': options.local.serverVersion,
    'remote-peer-id': hexId(id),
    error: body,
  };
  if (body === INCOMPATIBLE_VERSION) {
    options.logger.warn(
      'request sent was ignored by remote peer due to server version incompatibility',
      fields,
    );
  } else if (body === CLUSTER_ID_MISMATCH) {
    options.logger.warn(
      'request sent was ignored by remote peer due to cluster ID mismatch',
      fields,
    );
  } else {
    return `unhandled error "${body}" when precondition failed`;
  }
  return body;
}
