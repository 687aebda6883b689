import { compareVersions, parseVersion } from '@etcd-ts/membership';
import { v2Request } from '@etcd-ts/v2-store';

import type { MemberVersions } from './peers/network.js';
import type { raftRequest } from './raft-request.js';
import { toWireV2 } from './translate/v2-translation.js';

type Payload = Parameters<typeof raftRequest>[1];

/** The first version whose members understand the entries of today about members and versions. */
const FIRST_OF_TODAY = { major: 3, minor: 5, patch: 0 };

/**
 * Whether a member is from before etcd 3.5. It would end for ever on an entry that it does not know,
 * so that in its company the same things are said in its own way, which all later ones understand.
 */
export const isFormer = (versions: MemberVersions | undefined): boolean => {
  const server = versions && parseVersion(versions.server);
  return server !== undefined && compareVersions(server, FIRST_OF_TODAY) < 0;
};

/** As etcd up to 3.5 publishes a member. */
export const memberAttributesEntry = (
  id: bigint,
  name: string,
  clientUrls: readonly string[],
): Payload =>
  put(`/0/members/${id.toString(16)}/attributes`, JSON.stringify({ name, clientURLs: clientUrls }));

/** As etcd up to 3.5 sets the version of the cluster. */
export const clusterVersionEntry = (version: string): Payload => put('/0/version', version);

const put = (path: string, value: string): Payload => ({
  v2: toWireV2(v2Request({ method: 'PUT', path, value })),
});
