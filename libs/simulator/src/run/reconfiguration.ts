import { rangeRequest } from '@etcd-ts/checker';
import type { Rng } from '@etcd-ts/foundation';

import type { Machine } from '../member/machine.js';
import type { EventQueue } from '../time/event-queue.js';
import { serverNameOf, urlOf } from './member-name.js';

export interface ReconfigurationParts {
  readonly queue: EventQueue;
  readonly rng: Rng;
  /** By number; changed in place. */
  readonly machines: Machine[];
  readonly create: (name: string, initialCluster: string) => Machine;
  readonly found: (rule: string, message: string) => void;
}

/** How many members a cluster is grown to at most. */
const MAX_MEMBERS = 7;
const RETRY_MS = 400;
/** A process that does not know of its removal is started again within, and for, so long. */
const RETURNS_WITHIN_MS = 3000;
const RETURNS_FOR_MS = 4000;

const ANY_READ = rangeRequest({ kind: 'range', key: 'any' });

type Step = (machine: Machine) => Promise<boolean>;

interface Request {
  /** Asked of a member; true when it has worked. */
  readonly step: Step;
  /** Whom nobody asks. */
  readonly except?: Machine;
  /** It can be seen to have worked, though nobody could answer. */
  readonly isDone?: () => boolean;
}

/**
 * What an operator does to the members of a cluster: adds one, as a learner that is promoted or a
 * voter at once, removes one, or does both where a machine is lost. One thing after the other, and
 * every step is repeated until it has worked: half a change can leave a cluster without a quorum.
 */
export class Reconfiguration {
  readonly #parts: ReconfigurationParts;
  #created = 0;
  #isBusy = false;
  /** Members added and removed. */
  done = 0;

  constructor(parts: ReconfigurationParts) {
    this.#parts = parts;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  grow(asLearner: boolean): void {
    const { machines } = this.#parts;
    if (this.#isBusy || machines.length >= MAX_MEMBERS) return;
    this.#isBusy = true;
    this.#add(asLearner, (machine) => void machines.push(machine));
  }

  shrink(number: number): void {
    const { machines } = this.#parts;
    const victim = machines[number];
    if (this.#isBusy || victim?.id === undefined || machines.length < 2) return;
    this.#isBusy = true;
    this.#remove(victim, () => {
      machines.splice(machines.indexOf(victim), 1);
      victim.kill();
      if (this.#parts.rng.below(3) > 0) this.#comeBack(victim, () => (this.#isBusy = false));
      else {
        // Thrown away: whoever still counts on it counts in vain.
        victim.isRemoved = true;
        this.#isBusy = false;
      }
    });
  }

  /** Its machine is lost first. */
  replace(number: number): void {
    const { machines } = this.#parts;
    const victim = machines[number];
    // A cluster of two cannot lose one.
    if (this.#isBusy || victim?.id === undefined || machines.length < 3) return;
    this.#isBusy = true;
    this.#remove(victim, () => {
      this.#add(true, (machine) => (machines[machines.indexOf(victim)] = machine));
    });
    victim.kill();
    victim.isRemoved = true;
  }

  #remove(victim: Machine, then: () => void): void {
    const { id } = victim;
    const step: Step = async ({ member }) => {
      const { cluster } = member?.server ?? {};
      const known = cluster?.knownMembers() ?? [];
      if (known.some((each) => each.id === id) && id !== undefined) await cluster?.removeMember(id);
      return known.length > 0;
    };
    this.#repeat({ step, except: victim }, () => {
      this.done++;
      then();
    });
  }

  #add(asLearner: boolean, take: (machine: Machine) => void): void {
    const { create, machines } = this.#parts;
    const name = `n${++this.#created}`;
    const url = urlOf(name);
    let initialCluster = '';
    const isKnownTo = ({ member }: Machine): boolean => {
      const urls = member?.server.cluster.knownMembers().flatMap(({ peerUrls }) => peerUrls) ?? [];
      if (!urls.includes(url)) return false;
      initialCluster = urls.map((peer) => `${serverNameOf(peer)}=${peer}`).join(',');
      return true;
    };
    // Who was alone, and has died before it could answer, leads no more without the one it has added.
    const isDone = (): boolean => machines.some(isKnownTo);
    const step: Step = async ({ member }) => {
      await member?.server.cluster.addMember([url], asLearner);
      return isDone();
    };
    this.#repeat({ step, isDone }, () => {
      const machine = create(name, initialCluster);
      take(machine);
      machine.start();
      this.#promote(machine);
    });
  }

  #promote(machine: Machine): void {
    const step: Step = async ({ member }) => {
      // Members that change before it has started are not those of its --initial-cluster, and then it
      // cannot start: who administers them waits for it.
      if (machine.member === undefined) return false;
      const server = member?.server;
      const own = server?.cluster
        .knownMembers()
        .find(({ peerUrls }) => peerUrls.includes(machine.url));
      if (server === undefined || own === undefined) return false;
      if (own.isLearner) await server.cluster.promoteMember(own.id);
      return true;
    };
    this.#repeat({ step }, () => {
      this.done++;
      this.#isBusy = false;
    });
  }

  /**
   * Somebody starts a removed member once more, from its old disk: it must not take part again. One
   * at a time: two that have both missed their removal could outvote nobody, but elect each other.
   */
  #comeBack(victim: Machine, then: () => void): void {
    const { queue, rng } = this.#parts;
    const afterMs = rng.next() * RETURNS_WITHIN_MS;
    queue.in(afterMs, undefined, () => victim.start());
    for (let ms = afterMs; ms < afterMs + RETURNS_FOR_MS; ms += RETRY_MS) {
      queue.in(ms, undefined, () => this.#tryToRead(victim));
    }
    queue.in(afterMs + RETURNS_FOR_MS, undefined, () => {
      victim.kill();
      victim.isRemoved = true;
      then();
    });
  }

  /**
   * The others have to refuse to confirm anything to it, once they have applied its removal. Whoever
   * starts again may have forgotten that it was committed, and then it is a member until it is so anew.
   */
  #tryToRead(removed: Machine): void {
    const { queue, machines, found } = this.#parts;
    const { member, process } = removed;
    if (member === undefined || process === undefined) return;
    queue.in(0, process, () => {
      if (!machines.every((other) => other.member === undefined || hasLost(other, removed))) return;
      const asked = machines.map((other) => other.process);
      member.server.keyValues.range(ANY_READ).then(
        () => {
          if (!process.alive) return;
          if (!machines.every((other, i) => other.process === asked[i])) return;
          found('removed-member-serves', `${removed.name} was removed and answers reads`);
        },
        () => undefined,
      );
    });
  }

  /** Asks one member after the other. */
  #repeat({ step, except, isDone = () => false }: Request, then: () => void): void {
    const { queue, machines } = this.#parts;
    let tries = 0;
    const attempt = (): void => {
      const machine = machines[tries++ % machines.length];
      const serving = machine === except ? undefined : machine?.serving();
      let isOver = false;
      const over = (done: boolean): void => {
        if (isOver) return;
        isOver = true;
        if (done) queue.in(0, undefined, then);
        else queue.in(RETRY_MS, undefined, attempt);
      };
      if (isDone()) return over(true);
      if (machine === undefined || serving === undefined) return over(false);
      serving.process.onDeath(() => over(false));
      queue.in(0, serving.process, () => {
        step(machine).then(over, () => over(false));
      });
    };
    queue.in(0, undefined, attempt);
  }
}

function hasLost({ member }: Machine, { id }: Machine): boolean {
  return member?.server.cluster.knownMembers().every((known) => known.id !== id) === true;
}
