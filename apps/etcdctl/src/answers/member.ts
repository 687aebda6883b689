import type { Member, MemberAddResponse, ResponseHeader } from '@etcd-ts/wire-protocol';
import { field, headerFields, headerJson, quotedField } from '../output/field-lines.js';
import type { JsonValue } from '../output/json.js';
import { some } from '../output/json.js';
import { memberText } from '../output/ids.js';
import type { Answer } from '../output/output.js';

export interface MemberList {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
}

export function listAnswer(response: MemberList, protobuf: () => Uint8Array): Answer {
  const rows = response.members.map(memberRow);
  return {
    simple: () => rows.map((row) => `${row.join(', ')}\n`),
    json: (hex) => listJson(response, hex),
    fields: () => [
      ...headerFields(response.header),
      ...response.members.flatMap((member) => [...memberFields(member), '\n']),
    ],
    protobuf,
    table: () => ({
      header: ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'],
      rows,
    }),
  };
}

/** A member that was removed, updated or promoted: its text, or the list of those there are now. */
export function changeAnswer(
  text: string,
  response: MemberList,
  protobuf: () => Uint8Array,
): Answer {
  return { simple: () => [text], json: (hex) => listJson(response, hex), protobuf };
}

/** With the variables that the new member is to be started with. */
export function addAnswer(
  name: string,
  response: MemberAddResponse,
  protobuf: () => Uint8Array,
): Answer {
  const { header, member, members } = response;
  return {
    simple: () => [addText(name, response)],
    json: (hex) => ({
      header: headerIdsJson(header, hex),
      member: member && memberJson(member, hex),
      members: some(members.map((each) => memberJson(each, hex))),
    }),
    protobuf,
  };
}

function addText(name: string, { header, member, members }: MemberAddResponse): string {
  const asWhat = member?.isLearner === true ? 'added as learner to' : 'added to';
  const newId = member?.ID ?? 0n;
  const urls = members.flatMap((each) =>
    each.peerURLs.map((url) => `${each.ID === newId ? name : each.name}=${url}`),
  );
  return [
    `Member ${memberText(newId)} ${asWhat} cluster ${memberText(header?.clusterId ?? 0n)}\n`,
    '\n',
    `ETCD_NAME=${JSON.stringify(name)}\n`,
    `ETCD_INITIAL_CLUSTER=${JSON.stringify(urls.join(','))}\n`,
    `ETCD_INITIAL_ADVERTISE_PEER_URLS=${JSON.stringify((member?.peerURLs ?? []).join(','))}\n`,
    'ETCD_INITIAL_CLUSTER_STATE="existing"\n',
  ].join('');
}

function memberRow(member: Member): string[] {
  return [
    member.ID.toString(16),
    // A member that has started has told the cluster its name.
    member.name === '' ? 'unstarted' : 'started',
    member.name,
    member.peerURLs.join(','),
    member.clientURLs.join(','),
    String(member.isLearner),
  ];
}

function listJson({ header, members }: MemberList, hex: boolean): JsonValue {
  return {
    header: headerIdsJson(header, hex),
    members: some(members.map((member) => memberJson(member, hex))),
  };
}

/** With --hex, ids read as everywhere else on the command line. */
function headerIdsJson(header: ResponseHeader | undefined, hex: boolean): JsonValue {
  if (!hex || header === undefined) return headerJson(header);
  return {
    cluster_id: header.clusterId.toString(16),
    member_id: header.memberId.toString(16),
    revision: some(header.revision),
    raft_term: some(header.raftTerm),
  };
}

function memberJson(member: Member, hex: boolean): JsonValue {
  return {
    ID: hex ? member.ID.toString(16) : some(member.ID),
    name: some(member.name),
    peerURLs: some(member.peerURLs),
    clientURLs: some(member.clientURLs),
    isLearner: some(member.isLearner),
  };
}

function memberFields(member: Member): string[] {
  return [
    field('ID', member.ID),
    quotedField('Name', member.name),
    ...member.peerURLs.map((url) => quotedField('PeerURL', url)),
    ...member.clientURLs.map((url) => quotedField('ClientURL', url)),
    field('IsLearner', member.isLearner),
  ];
}
