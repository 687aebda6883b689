import { pause, type EtcdCluster } from '@etcd-ts/testkit';

const SAMPLE_EVERY_MS = 200;
const SAMPLE_DEADLINE_MS = 500;
/** So many entries behind is not the delay of a busy machine any more. */
const FAR_BEHIND_ENTRIES = 50;

interface Sight {
  readonly name: string;
  readonly term: number;
  readonly leader: bigint;
  readonly applied: number;
}

/** Looks at what members say of themselves, until stopped: that a fault in the network was felt. */
export class Observation {
  readonly #cluster: EtcdCluster;
  readonly #looking: Promise<void>;
  #first: readonly Sight[] | undefined;
  #finding: string | undefined;
  #stopped = false;

  static async start(cluster: EtcdCluster): Promise<Observation> {
    const observation = new Observation(cluster, await sights(cluster));
    return observation;
  }

  private constructor(cluster: EtcdCluster, first: readonly Sight[]) {
    this.#cluster = cluster;
    this.#first = first;
    this.#looking = this.#look();
  }

  /** The first thing that was out of order; undefined: nothing was. */
  get finding(): string | undefined {
    return this.#finding;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (!this.#stopped && this.#finding === undefined) {
      await pause(SAMPLE_EVERY_MS);
      this.#finding = strangeness(this.#first ?? [], await sights(this.#cluster));
    }
  }
}

async function sights(cluster: EtcdCluster): Promise<readonly Sight[]> {
  const seen = await Promise.all(
    cluster.awake.map(async (member) => ({
      name: member.name,
      status: await member.status(SAMPLE_DEADLINE_MS),
    })),
  );
  return seen.flatMap(({ name, status }) =>
    status === undefined
      ? []
      : [
          {
            name,
            term: Number(status.raftTerm),
            leader: status.leader,
            applied: Number(status.raftAppliedIndex),
          },
        ],
  );
}

function strangeness(before: readonly Sight[], now: readonly Sight[]): string | undefined {
  const terms = before.map(({ term }) => term);
  const newest = Math.max(...terms);
  const elected = now.find(({ term }) => term > newest);
  if (elected !== undefined) return `term ${newest} became ${elected.term}`;
  const lost = now.find(({ leader }) => leader === 0n);
  if (lost !== undefined) return `${lost.name} knew no leader`;
  const furthest = Math.max(...now.map(({ applied }) => applied));
  const behind = now.find(({ applied }) => furthest - applied > FAR_BEHIND_ENTRIES);
  return behind && `${behind.name} was ${furthest - behind.applied} entries behind`;
}
