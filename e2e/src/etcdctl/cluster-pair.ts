import { etcdctl, EtcdCluster, type ClusterMember } from '@etcd-ts/testkit';
import type { CommandOptions, CommandResult, Flavour } from '@etcd-ts/testkit';

import type { Both } from './pair.js';
import { normalise } from './normalise.js';

/** A name in a command line, and in what is printed, for what each side has of its own. */
interface Named {
  readonly placeholder: string;
  readonly values: Both<string>;
}

const ENDPOINTS = '--endpoints=';
const SIDES: readonly Flavour[] = ['ours', 'reference'];

/** Of two versions, at two moments of two clusters; names and ids are replaced before. */
const DIFFERING: readonly (readonly [RegExp, string])[] = [
  [/\b3\.[47]\.\d+\b/g, 'VERSION'],
  [/\b[\d.]+ [kM]?B\b/g, 'SIZE'],
  [/"(raft_term|dbSize|raftIndex|raftTerm|raftAppliedIndex|dbSizeInUse)":\d+/g, '"$1":N'],
  [/("(?:RaftTerm|DBSize|RaftIndex|RaftAppliedIndex|DBSizeInUse)" : )\d+/g, '$1N'],
  // The table and the plain line of a status: term, index, applied index.
  [/((?:true|false) *[|,] *(?:true|false)) *([|,]) *\d+ *[|,] *\d+ *[|,] *\d+ */g, '$1$2N$2N$2N'],
  [/\b[\d.]+[µnm]?s\b/g, 'DURATION'],
  // The width of a column is that of its widest value.
  [/-+/g, '-'],
  [/ +/g, ' '],
];

/** Three members of ours and three of the original, driven by the same command lines. */
export class ClusterPair {
  readonly clusters: Both<EtcdCluster>;
  readonly #names: Named[] = [];

  /** Both are led by the first of their members. */
  static async start(size: number): Promise<ClusterPair> {
    const [ours, reference] = await Promise.all(
      SIDES.map((flavour) => EtcdCluster.start({ flavour, size })),
    );
    if (ours === undefined || reference === undefined) throw new Error('unreachable');
    const pair = new ClusterPair({ ours, reference });
    for (let i = 0; i < size; i++) await pair.#nameMember(i);
    await Promise.all(SIDES.map((side) => leadByFirst(pair.clusters[side])));
    return pair;
  }

  private constructor(clusters: Both<EtcdCluster>) {
    this.clusters = clusters;
  }

  /** `{placeholder}` means each side's own value from now on, in and out. */
  name(placeholder: string, values: Both<string>): void {
    this.#names.push({ placeholder: `{${placeholder}}`, values });
    // Longest first: an address must not be found inside a URL that has a name itself.
    this.#names.sort((a, b) => b.values.ours.length - a.values.ours.length);
  }

  /** Names an id as etcdctl prints it: in hexadecimal, and in the decimal of JSON. */
  nameId(placeholder: string, ids: Both<string>): void {
    const decimal = (id: string): string => BigInt(`0x${id}`).toString();
    this.name(placeholder, ids);
    this.name(`${placeholder}#`, { ours: decimal(ids.ours), reference: decimal(ids.reference) });
  }

  /** What a user sees on both sides, in the same words where the same is meant. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<Both<CommandResult>> {
    const raw = await this.raw(args, options);
    const seen = (side: Flavour): CommandResult => ({
      ...raw[side],
      stdout: this.text(side, raw[side].stdout),
      stderr: this.text(side, raw[side].stderr),
    });
    return { ours: seen('ours'), reference: seen('reference') };
  }

  /** The same, untouched. Asks all members unless `--endpoints=` says otherwise. */
  async raw(args: readonly string[], options: CommandOptions = {}): Promise<Both<CommandResult>> {
    const on = (side: Flavour): Promise<CommandResult> => {
      const filled = args.map((argument) => this.#fill(side, argument));
      const named = filled.find((argument) => argument.startsWith(ENDPOINTS));
      const rest = filled.filter((argument) => argument !== named);
      return etcdctl(
        named?.slice(ENDPOINTS.length) ?? this.clusters[side].endpoints,
        rest,
        options,
      );
    };
    const [ours, reference] = await Promise.all([on('ours'), on('reference')]);
    return { ours, reference };
  }

  text(side: Flavour, output: string): string {
    let text = output;
    for (const { placeholder, values } of this.#names) {
      text = text.replaceAll(values[side], placeholder);
    }
    return DIFFERING.reduce(
      (seen, [pattern, name]) => seen.replaceAll(pattern, name),
      normalise(text, 'ENDPOINT'),
    );
  }

  async dispose(): Promise<void> {
    await Promise.all(SIDES.map((side) => this.clusters[side].dispose()));
  }

  /** `{client0}`, `{peer0}`, `{id0}` and so on, and the cluster's `{cluster}`. */
  async #nameMember(number: number): Promise<void> {
    const both = async (
      value: (side: Flavour) => Promise<string> | string,
    ): Promise<Both<string>> => ({
      ours: await value('ours'),
      reference: await value('reference'),
    });
    const member = (side: Flavour): ClusterMember => this.clusters[side].member(`infra${number}`);
    const status = async (side: Flavour) => (await member(side).status())?.header;
    this.name(`client${number}`, await both((side) => member(side).endpoint));
    this.name(`peer${number}`, await both((side) => member(side).peerUrl));
    const id = async (side: Flavour): Promise<string> =>
      ((await status(side))?.memberId ?? 0n).toString(16);
    this.nameId(`id${number}`, await both(id));
    if (number > 0) return;
    const cluster = async (side: Flavour): Promise<string> =>
      ((await status(side))?.clusterId ?? 0n).toString(16);
    this.nameId('cluster', await both(cluster));
  }

  #fill(side: Flavour, text: string): string {
    return this.#names.reduce(
      (filled, { placeholder, values }) => filled.replaceAll(placeholder, values[side]),
      text,
    );
  }
}

async function leadByFirst(cluster: EtcdCluster): Promise<void> {
  const first = cluster.member('infra0');
  const leader = await cluster.leader();
  if (leader === first) return;
  const id = (await cluster.idOf(first)).toString(16);
  const { exitCode, stderr } = await etcdctl(leader.endpoint, ['move-leader', id]);
  if (exitCode !== 0) throw new Error(stderr);
}
