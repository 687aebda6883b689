import type { Machine } from '../member/machine.js';
import type { Crowd } from './crowd.js';
import type { Reconfiguration } from './reconfiguration.js';

/** Whether everybody serves, and agrees with everybody else, when no fault is left. */
export class ClusterHealth {
  readonly #machines: readonly Machine[];
  readonly #crowd: Crowd;
  readonly #reconfiguration: Reconfiguration;

  /** `machines` by number; changes. */
  constructor(machines: readonly Machine[], crowd: Crowd, reconfiguration: Reconfiguration) {
    this.#machines = machines;
    this.#crowd = crowd;
    this.#reconfiguration = reconfiguration;
  }

  get isWell(): boolean {
    const machines = this.#machines.filter(({ isRemoved }) => !isRemoved);
    const commits = machines.map((machine) => machine.serving()?.member.server.facts.header());
    const revisions = new Set(commits.map((header) => header?.revision));
    return (
      !this.#reconfiguration.isBusy &&
      this.#crowd.isDone &&
      machines.filter((machine) => machine.leads).length === 1 &&
      revisions.size === 1 &&
      !revisions.has(undefined)
    );
  }

  /** There is one truth about who is a member. Undefined: all know it. */
  disagreement(): string | undefined {
    const lists = new Map<string, string>();
    for (const machine of this.#machines) {
      const known = machine.serving()?.member.server.cluster.knownMembers();
      const list = known?.map(({ id, peerUrls, isLearner }) => `${id} ${peerUrls} ${isLearner}`);
      if (list !== undefined) lists.set(list.sort().join(), machine.name);
    }
    if (lists.size <= 1) return undefined;
    return [...lists].map(([list, name]) => `${name}: ${list}`).join('; ');
  }

  describe(): string {
    return this.#machines
      .map((machine) => {
        const { member } = machine;
        if (member === undefined) return `${machine.name} is down`;
        const { role, term, commit, applied } = member.server.facts.raftStatus();
        const serves = machine.serving() === undefined ? 'does not serve' : 'serves';
        const { revision } = member.server.facts.header();
        return `${machine.name} ${serves}: ${role} in ${term}, commit ${commit}, applied ${applied}, revision ${revision}`;
      })
      .join('; ');
  }
}
