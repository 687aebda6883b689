import { median } from '@etcd-ts/testkit';

import type { ChaosFault } from '../faults/chaos-fault.js';
import type { ChaosScene, RoundEnd } from '../scene.js';
import type { WorkloadKind } from '../traffic/workload-kinds.js';

interface Row {
  readonly fault: ChaosFault;
  readonly workload: WorkloadKind;
  counted: number;
  voids: number;
  times: number;
  changes: number;
  reads: number;
  readonly servedAfterMs: number[];
}

interface Round {
  readonly fault: ChaosFault;
  readonly workload: WorkloadKind;
  readonly end: RoundEnd;
}

/** What came of all rounds and all windows. A round counts when its window has been judged. */
export class SeriesTally {
  readonly #rows = new Map<string, Row>();
  #unjudged: Round[] = [];
  readonly #voids = new Map<string, number>();
  #windows = 0;
  #operations = 0;
  #linearizableReads = 0;
  #acknowledgedWrites = 0;
  #unknown = 0;
  #broken = 0;

  round(fault: ChaosFault, workload: WorkloadKind, end: RoundEnd): void {
    this.#unjudged.push({ fault, workload, end });
  }

  judged({ load, answered, verified }: ChaosScene): void {
    for (const round of this.#unjudged) this.#count(round);
    this.#unjudged = [];
    this.#windows++;
    this.#operations += answered;
    this.#linearizableReads += load.linearizableReads;
    this.#acknowledgedWrites += load.acknowledgedWrites;
    this.#unknown += verified?.unknown ?? 0;
  }

  /** Something is wrong; what it was is told elsewhere. */
  failed(): void {
    this.#unjudged = [];
    this.#broken++;
  }

  get broken(): number {
    return this.#broken;
  }

  /** With those that are not judged yet. */
  get felt(): number {
    const felt = this.#unjudged.filter(({ end }) => end.kind === 'felt').length;
    return this.#counted + felt;
  }

  #count({ fault, workload, end }: Round): void {
    const key = `${fault.row} ${fault.name} ${workload}`;
    const row = this.#rows.get(key) ?? freshRow(fault, workload);
    this.#rows.set(key, row);
    if (end.kind === 'void') {
      row.voids++;
      const reason = end.reason.replace(/\d+/gu, 'N');
      this.#voids.set(reason, (this.#voids.get(reason) ?? 0) + 1);
      return;
    }
    row.counted++;
    row.times += end.times;
    row.changes += end.changes;
    row.reads += end.reads;
    row.servedAfterMs.push(end.servedAfterMs);
  }

  get #counted(): number {
    return this.#sum(({ counted }) => counted);
  }

  /** Everything so far, in one line: what is left of a series that is ended from outside. */
  summary(): string {
    const cells = [...this.#rows.values()].filter(({ counted }) => counted > 0).length;
    const changes = this.#sum((row) => row.changes);
    const around = changes === 0 ? '' : ` and ${changes} changes of the membership around them`;
    return (
      `${this.#counted} rounds counted in ${cells} cells (${this.#sum(({ times }) => times)} members or ` +
      `changes${around}), ${this.#sum(({ voids }) => voids)} void; ${this.#operations} answered operations ` +
      `judged in ${this.#windows} windows, ${this.#linearizableReads} of them linearizable reads ` +
      `(${this.#sum(({ reads }) => reads)} during faults), ${this.#acknowledgedWrites} acknowledged writes, ` +
      `${this.#unknown} without an answer; ${this.#broken} violations`
    );
  }

  /** For docs/reliability.md: one row a fault and workload, and what the void rounds lacked. */
  table(command: string): string {
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      `\`${command}\``,
      '',
      '| row | fault | workload | rounds counted | void | members or changes | reads during it | ms after it until a write: median, worst |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
      ...rows.map(
        ([, { fault, workload, counted, voids, times, reads, servedAfterMs }]) =>
          `| ${fault.row} | ${fault.name} | ${workload} | ${counted} | ${voids} | ${times} | ${reads} ` +
          `| ${medianAndWorst(servedAfterMs)} |`,
      ),
      '',
      ...[...this.#voids].map(([reason, count]) => `void ${count} times: ${reason}`),
      this.summary(),
      '',
    ].join('\n');
  }

  #sum(of: (row: Row) => number): number {
    return [...this.#rows.values()].reduce((all, row) => all + of(row), 0);
  }
}

function freshRow(fault: ChaosFault, workload: WorkloadKind): Row {
  return {
    fault,
    workload,
    counted: 0,
    voids: 0,
    times: 0,
    changes: 0,
    reads: 0,
    servedAfterMs: [],
  };
}

function medianAndWorst(values: readonly number[]): string {
  if (values.length === 0) return '–, –';
  return [median(values), Math.max(...values)].map((ms) => ms.toFixed(0)).join(', ');
}
