import { MemberId } from '@etcd-ts/foundation';
import { parseEndpointUrl } from '@etcd-ts/config';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import type { ClusterOperations, EtcdServer } from '@etcd-ts/server';
import { ClusterDefinition, ERRORS } from '@etcd-ts/wire-protocol';
import type { Member } from '@etcd-ts/wire-protocol';

import { headerWithoutRevision } from './header.js';

type KnownMember = ReturnType<ClusterOperations['knownMembers']>[number];

export function clusterService(server: EtcdServer): BoundService {
  const { facts, cluster: unguarded } = server;
  const header = () => headerWithoutRevision(facts);
  const known = () => unguarded.knownMembers().map(toWireMember);
  return bindService(ClusterDefinition, {
    memberAdd: async ({ peerURLs, isLearner }, call) => {
      const member = await server.as(call).cluster.addMember(checkedUrls(peerURLs), isLearner);
      return { header: header(), member: toWireMember(member), members: known() };
    },
    memberRemove: async ({ ID }, call) => {
      await server.as(call).cluster.removeMember(MemberId(ID));
      return { header: header(), members: known() };
    },
    memberUpdate: async ({ ID, peerURLs }, call) => {
      await server.as(call).cluster.updateMember(MemberId(ID), checkedUrls(peerURLs));
      return { header: header(), members: known() };
    },
    memberPromote: async ({ ID }, call) => {
      await server.as(call).cluster.promoteMember(MemberId(ID));
      return { header: header(), members: known() };
    },
    memberList: async ({ linearizable }, call) => {
      const members = await server.as(call).cluster.members(linearizable);
      return { header: header(), members: members.map(toWireMember) };
    },
  });
}

/** Sorted, as etcd keeps them: the member's id is computed over them in this order. */
function checkedUrls(texts: readonly string[]): readonly string[] {
  if (texts.length === 0) throw ERRORS.MemberBadURLs.error();
  const urls = texts.map((text) => {
    const parsed = parseEndpointUrl(text);
    if (parsed.kind === 'error') throw ERRORS.MemberBadURLs.error();
    return parsed.value.text;
  });
  return urls.sort();
}

function toWireMember({ id, name, peerUrls, clientUrls, isLearner }: KnownMember): Member {
  return { ID: id, name, peerURLs: [...peerUrls], clientURLs: [...clientUrls], isLearner };
}
