import type { Machine } from '../member/machine.js';
import type { EventQueue } from '../time/event-queue.js';

export interface ReplacementParts {
  readonly queue: EventQueue;
  /** By number; changed in place. */
  readonly machines: Machine[];
  readonly create: (name: string, initialCluster: string) => Machine;
}

const RETRY_MS = 400;
const MAX_TRIES = 40;

/**
 * What an operator does about a lost machine: removes its member, adds a new one as a learner,
 * starts it on an empty disk, and promotes it once it has caught up. Every step is repeated until
 * it works or there is no point in it any more.
 */
export class Replacement {
  readonly #parts: ReplacementParts;
  #replaced = 0;
  #isBusy = false;

  constructor(parts: ReplacementParts) {
    this.#parts = parts;
  }

  begin(number: number): void {
    const { machines } = this.#parts;
    const victim = machines[number];
    // One after the other, as the documentation says; and a cluster of two cannot lose one.
    if (this.#isBusy || victim?.id === undefined || machines.length < 3) return;
    this.#isBusy = true;
    const { id } = victim;
    victim.kill();
    this.#repeat(
      async ({ member }) => {
        const server = member?.server;
        const known = server?.cluster.knownMembers() ?? [];
        if (!known.some((each) => each.id === id)) return known.length > 0;
        await server?.cluster.removeMember(id);
        return true;
      },
      (done) => {
        if (done) this.#add(number, victim);
        else {
          victim.start();
          this.#isBusy = false;
        }
      },
    );
  }

  #add(number: number, victim: Machine): void {
    const { machines, create } = this.#parts;
    victim.isRemoved = true;
    const name = `${victim.name.replace(/r\d+$/u, '')}r${++this.#replaced}`;
    const url = `http://${name}.test:2380`;
    this.#repeat(
      async ({ member }) => {
        const server = member?.server;
        if (server === undefined) return false;
        const known = server.cluster.knownMembers();
        if (known.some(({ peerUrls }) => peerUrls.includes(url))) return true;
        await server.cluster.addMember([url], true);
        return true;
      },
      (added, by) => {
        if (!added || by === undefined) {
          this.#isBusy = false;
          return;
        }
        const others = machines.filter((machine) => machine !== victim);
        const list = [...others.map((machine) => [machine.name, machine.url]), [name, url]];
        const machine = create(name, list.map((pair) => pair.join('=')).join(','));
        machines[number] = machine;
        machine.start();
        this.#promote(machine);
      },
    );
  }

  #promote(machine: Machine): void {
    this.#repeat(
      async ({ member }) => {
        const server = member?.server;
        const own = server?.cluster
          .knownMembers()
          .find(({ peerUrls }) => peerUrls.includes(machine.url));
        if (server === undefined || own === undefined) return false;
        if (own.isLearner) await server.cluster.promoteMember(own.id);
        return true;
      },
      () => (this.#isBusy = false),
    );
  }

  #repeat(
    step: (machine: Machine) => Promise<boolean>,
    then: (done: boolean, by: Machine | undefined) => void,
  ): void {
    const { queue, machines } = this.#parts;
    let tries = 0;
    const attempt = (): void => {
      if (tries++ >= MAX_TRIES) {
        then(false, undefined);
        return;
      }
      const machine = machines[tries % machines.length];
      const serving = machine?.serving();
      let isOver = false;
      const over = (done: boolean): void => {
        if (isOver) return;
        isOver = true;
        if (done) then(true, machine);
        else queue.in(RETRY_MS, undefined, attempt);
      };
      if (machine === undefined || serving === undefined) {
        over(false);
        return;
      }
      serving.process.onDeath(() => over(false));
      queue.in(0, serving.process, () => {
        step(machine).then(over, () => over(false));
      });
    };
    queue.in(0, undefined, attempt);
  }
}
