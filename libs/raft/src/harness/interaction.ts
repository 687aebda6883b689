import type { RaftIndex, Rng } from '@etcd-ts/foundation';
import type { ConfChangeTransition } from '../types.js';
import { Cluster, memberId, SHORTEST } from './cluster.js';
import { encodeConfChange, parseConfChange } from './conf-change-codec.js';
import {
  describeConfState,
  describeEntry,
  describeMessage,
  describeReady,
  describeStatus,
} from './describe.js';
import type { Member, MemberOptions } from './member.js';
import { parseIds } from './script.js';
import type { Command } from './script.js';

type Handler = (interaction: Interaction, command: Command) => readonly string[];

/** More rounds than any script needs: beyond it two members talk for ever. */
const MAX_ROUNDS = 100;

/** A cluster driven by the lines of a script. Each command answers with lines of output. */
export class Interaction {
  readonly cluster = new Cluster();
  readonly rng: Rng = SHORTEST;

  run(command: Command): readonly string[] {
    const handler = HANDLERS[command.name];
    if (handler === undefined) throw new Error(`no such command: ${command.name}`);
    return handler(this, command);
  }

  member(command: Command, position = 0): Member {
    return this.cluster.member(Number(command.words[position]));
  }
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  // add 1 2 3 voters=(1,2,3) learners=(4) preVote=true: members that share one beginning.
  add({ cluster, rng }, { words, options }) {
    const confState = {
      voters: parseIds(options.get('voters')).map(memberId),
      learners: parseIds(options.get('learners')).map(memberId),
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    for (const id of words) cluster.add(Number(id), confState, memberOptions(options), rng);
    return [];
  },

  // campaign 1
  campaign(interaction, command) {
    interaction.member(command).raft.campaign();
    return [];
  },

  // tick 1 3: member 1, three times
  tick(interaction, command) {
    for (let i = Number(command.words[1] ?? 1); i > 0; i--) interaction.member(command).raft.tick();
    return [];
  },

  // propose 1 a b: one batch of two entries
  propose(interaction, command) {
    const data = command.words.slice(1).map((word) => Buffer.from(word));
    return [interaction.member(command).raft.propose(data)];
  },

  // change 1 v4 r2 transition=jointExplicit; without changes: leave the joint configuration
  change(interaction, command) {
    const transition = (command.options.get('transition') ?? 'auto') as ConfChangeTransition;
    const change = parseConfChange(command.words.slice(1), transition);
    const { raft } = interaction.member(command);
    return [raft.proposeConfChange(change, encodeConfChange(change))];
  },

  // read 1 a: a read index with the context "a"
  read(interaction, command) {
    return [interaction.member(command).raft.readIndex(Buffer.from(command.words[1] ?? ''))];
  },

  // transfer 1 2: ask member 1 to make 2 the leader
  transfer(interaction, command) {
    const target = memberId(Number(command.words[1]));
    return [interaction.member(command).raft.transferLeadership(target)];
  },

  forgetLeader(interaction, command) {
    interaction.member(command).raft.forgetLeader();
    return [];
  },

  // ready 1: takes a Ready, sends what may go at once
  ready(interaction, command) {
    return describeReady(interaction.member(command).takeReady());
  },

  // persist 1: the disk finishes the oldest Ready
  persist(interaction, command) {
    interaction.member(command).persist();
    return [];
  },

  apply(interaction, command) {
    return interaction.member(command).apply().map(describeEntry);
  },

  // deliver 1 2: what is on the network for these; twice=true: everything doubled
  deliver({ cluster }, { words, options }) {
    if (options.get('twice') === 'true') cluster.network.push(...cluster.network);
    return words.flatMap((id) => cluster.deliver(cluster.member(Number(id))).map(describeMessage));
  },

  // drop from=(1) to=(2,3): loses what is on the network between them; either may be left out
  drop({ cluster }, { options }) {
    const from = parseIds(options.get('from')).map(memberId);
    const to = parseIds(options.get('to')).map(memberId);
    const hit = (list: readonly bigint[], id: bigint): boolean =>
      list.length === 0 || list.includes(id);
    const lost = cluster.network.filter((m) => hit(from, m.from) && hit(to, m.to));
    cluster.network = cluster.network.filter((message) => !lost.includes(message));
    return lost.map(describeMessage);
  },

  // stabilize 1 2: these (or all) take, persist, apply and deliver to each other until quiet
  stabilize({ cluster }, { words }) {
    const ids = words.length > 0 ? words.map(Number) : [...cluster.members.keys()].map(Number);
    return stabilize(
      cluster,
      ids.map((id) => cluster.member(id)),
    );
  },

  // settle: as stabilize, without a word
  settle({ cluster }) {
    stabilize(cluster, [...cluster.members.values()]);
    return [];
  },

  // restart 1: with what was persisted
  restart(interaction, command) {
    interaction.member(command).restart();
    return [];
  },

  // compact 1 5: a snapshot at what is applied up to 5, and the log cut
  compact(interaction, command) {
    interaction.member(command).compact(Number(command.words[1]) as RaftIndex);
    return [];
  },

  unreachable(interaction, command) {
    interaction.member(command).raft.reportUnreachable(memberId(Number(command.words[1])));
    return [];
  },

  // snapshotReport 1 3 failure
  snapshotReport(interaction, command) {
    const outcome = command.words[2] === 'failure' ? 'failure' : 'finish';
    const target = memberId(Number(command.words[1]));
    interaction.member(command).raft.reportSnapshot(target, outcome);
    return [];
  },

  status({ cluster }, { words }) {
    return words.flatMap((id) => describeStatus(cluster.member(Number(id)).raft.status()));
  },

  // log 1: what is on its disk
  log(interaction, command) {
    const { disk } = interaction.member(command);
    const entries = disk.entries(disk.firstIndex(), (disk.lastIndex() + 1) as RaftIndex, Infinity);
    return typeof entries === 'string' ? [entries] : entries.map(describeEntry);
  },

  // applied 1 2
  applied({ cluster }, { words }) {
    return words.map((id) => {
      const commands = cluster.member(Number(id)).applied.map(({ command }) => command);
      return `${id}: ${commands.filter((command) => command !== '').join(' ')}`;
    });
  },

  membership({ cluster }, { words }) {
    return words.map(
      (id) => `${id}: ${describeConfState(cluster.member(Number(id)).raft.confState)}`,
    );
  },
};

function memberOptions(options: ReadonlyMap<string, string>): Partial<MemberOptions> {
  const numeric = (name: string): object => {
    const value = options.get(name);
    return value === undefined ? {} : { [name]: Number(value) };
  };
  return {
    ...numeric('electionTicks'),
    ...numeric('maxInflightMessages'),
    ...numeric('maxSizePerMessageBytes'),
    ...numeric('maxUncommittedSizeBytes'),
    ...numeric('maxCommittedSizePerReadyBytes'),
    preVote: options.get('preVote') === 'true',
    checkQuorum: options.get('checkQuorum') === 'true',
    disableProposalForwarding: options.get('disableProposalForwarding') === 'true',
    readOnly: options.get('readOnly') === 'lease' ? 'lease' : 'safe',
  };
}

function stabilize(cluster: Cluster, members: readonly Member[]): string[] {
  const lines: string[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = lines.length;
    for (const member of members) settle(member, lines);
    for (const member of members) {
      const delivered = cluster.deliver(member);
      if (delivered.length > 0) lines.push(`deliver to ${member.id}`);
      for (const message of delivered) lines.push(`  ${describeMessage(message)}`);
    }
    if (lines.length === before) return lines;
  }
  throw new Error('no rest in sight');
}

function settle(member: Member, lines: string[]): void {
  while (!member.isQuiet()) {
    if (member.raft.hasReady()) {
      lines.push(`ready ${member.id}`);
      for (const line of describeReady(member.takeReady())) lines.push(`  ${line}`);
    }
    while (member.unpersisted.length > 0) member.persist();
    for (const entry of member.apply()) {
      if (entry.type === 'normal') continue;
      lines.push(`membership of ${member.id}: ${describeConfState(member.raft.confState)}`);
    }
  }
}
