import { ExitCode, ExitError, badArguments, badFeature, bool, text } from '@etcd-ts/command-line';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';
import {
  MemberAddResponse,
  MemberListResponse,
  MemberPromoteResponse,
  MemberRemoveResponse,
  MemberUpdateResponse,
} from '@etcd-ts/wire-protocol';
import { addAnswer, changeAnswer, listAnswer } from '../answers/member.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import { memberText } from '../output/ids.js';
import { parseMember } from './key-arguments.js';
import { parsePeerUrls } from './peer-urls.js';

const PEER_URLS = text('peer-urls', 'comma separated peer URLs for the new member.');

export const MEMBER: Command = {
  use: 'member <subcommand>',
  short: 'Membership related commands',
  children: [
    {
      use: 'add <memberName> [options]',
      short: 'Adds a member into the cluster',
      flags: [PEER_URLS, bool('learner', 'indicates if the new member is raft learner')],
      run: runAdd,
    },
    { use: 'remove <memberID>', short: 'Removes a member from the cluster', run: runRemove },
    {
      use: 'update <memberID> [options]',
      short: 'Updates a member in the cluster',
      flags: [{ ...PEER_URLS, usage: 'comma separated peer URLs for the updated member.' }],
      run: runUpdate,
    },
    {
      use: 'list',
      short: 'Lists all members in the cluster',
      long: `
When --write-out is set to simple, this command prints out comma-separated member lists for each endpoint.
The items in the lists are ID, Status, Name, Peer Addrs, Client Addrs, Is Learner.
`,
      flags: [text('consistency', 'Linearizable(l) or Serializable(s)', 'l')],
      run: runList,
    },
    {
      use: 'promote <memberID>',
      short: 'Promotes a non-voting member in the cluster',
      run: runPromote,
    },
  ],
};

async function runAdd(invocation: Invocation): Promise<number> {
  const { args, flags } = invocation;
  const [name] = args;
  if (name === undefined) throw badArguments('member name not provided');
  if (args.length > 1) {
    const hint = args.some((arg) => arg.startsWith('http://')) ? ', did you mean --peer-urls=' : '';
    throw badArguments(`too many arguments${hint === '' ? '' : `${hint}${args[1] ?? ''}`}`);
  }
  if (flags.text('peer-urls') === '') throw badArguments('member peer urls not provided');
  const peerURLs = flags.text('peer-urls').split(',');
  const isLearner = flags.bool('learner');
  const { client, output } = await invocation.connect();
  checkUrls(peerURLs);
  const added = await client.cluster.memberAdd({ peerURLs, isLearner });
  output.print(addAnswer(name, added, () => MemberAddResponse.encode(added).finish()));
  client.close();
  return 0;
}

function checkUrls(urls: readonly string[]): void {
  const complaint = parsePeerUrls(urls);
  if (complaint !== undefined) throw new ExitError(ExitCode.error, complaint);
}

async function runRemove(invocation: Invocation): Promise<number> {
  const id = memberArgument(invocation);
  const { client, output } = await invocation.connect();
  const response = await client.cluster.memberRemove({ ID: id });
  const done = `Member ${memberText(id)} removed from cluster ${cluster(response.header)}\n`;
  output.print(changeAnswer(done, response, () => MemberRemoveResponse.encode(response).finish()));
  client.close();
  return 0;
}

async function runUpdate(invocation: Invocation): Promise<number> {
  const id = memberArgument(invocation);
  const urls = invocation.flags.text('peer-urls');
  if (urls === '') throw badArguments('member peer urls not provided');
  const { client, output } = await invocation.connect();
  const peerURLs = urls.split(',');
  checkUrls(peerURLs);
  const response = await client.cluster.memberUpdate({ ID: id, peerURLs });
  const done = `Member ${memberText(id)} updated in cluster ${cluster(response.header)}\n`;
  output.print(changeAnswer(done, response, () => MemberUpdateResponse.encode(response).finish()));
  client.close();
  return 0;
}

async function runPromote(invocation: Invocation): Promise<number> {
  const id = memberArgument(invocation);
  const { client, output } = await invocation.connect();
  const response = await client.cluster.memberPromote({ ID: id });
  const done = `Member ${memberText(id)} promoted in cluster ${cluster(response.header)}\n`;
  output.print(changeAnswer(done, response, () => MemberPromoteResponse.encode(response).finish()));
  client.close();
  return 0;
}

async function runList(invocation: Invocation): Promise<number> {
  const consistency = invocation.flags.text('consistency');
  if (consistency !== 'l' && consistency !== 's') {
    throw badFeature(`unknown consistency flag ${JSON.stringify(consistency)}`);
  }
  const { client, output } = await invocation.connect();
  const response = await client.cluster.memberList({ linearizable: consistency === 'l' });
  output.print(listAnswer(response, () => MemberListResponse.encode(response).finish()));
  client.close();
  return 0;
}

function memberArgument({ args }: Invocation): bigint {
  const [id] = args;
  if (id === undefined || args.length !== 1) throw badArguments('member ID is not provided');
  return parseMember(id);
}

const cluster = (header: ResponseHeader | undefined): string => memberText(header?.clusterId ?? 0n);
