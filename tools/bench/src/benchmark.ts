import { ProgressLine, type Flavour } from '@etcd-ts/testkit';

import { measure, type Measurement } from './measurement.js';
import { measureManyKeys } from './million-keys.js';
import { measurePacedPuts, type PacedLatency } from './paced-latency.js';
import type { Figures, Sides } from './report.js';
import { median } from './statistics.js';
import { Subject } from './subject.js';
import { prefill, WORKLOADS, type Workload } from './workloads.js';

export interface Plan {
  readonly rounds: number;
  readonly secondsPerWorkload: number;
  /** 0 leaves the load of many keys out. */
  readonly keys: number;
  readonly paced: boolean;
  /** Only workloads whose name has this text. */
  readonly only: string;
}

const SIDES: readonly Flavour[] = ['reference', 'ours'];
const PACED_PARTS = [0.5, 0.8];
/** A workload is at least this long, so that a very fast server is not measured by its start. */
const MIN_REQUESTS_OF_PILOT = 1;

/** Measures both servers in turns, round by round, each time fresh ones on empty directories. */
export class Benchmark {
  readonly #plan: Plan;
  readonly #progress = new ProgressLine();
  readonly #results = new Map<string, Record<Flavour, Measurement[]> & { unit: string }>();
  readonly #requests = new Map<string, number>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  async run(): Promise<Figures> {
    const workloads = WORKLOADS.filter(({ name }) => name.includes(this.#plan.only));
    for (let round = 0; round < this.#plan.rounds; round++) {
      for (const flavour of SIDES) await this.#round(flavour, round, workloads);
    }
    const paced = this.#plan.paced ? await this.#paced() : [];
    const manyKeys = this.#plan.keys > 0 ? await this.#manyKeys() : undefined;
    this.#progress.clear();
    return { workloads: this.#results, paced, ...(manyKeys === undefined ? {} : { manyKeys }) };
  }

  async #round(flavour: Flavour, round: number, workloads: readonly Workload[]): Promise<void> {
    const subject = await Subject.start(flavour);
    try {
      await prefill(subject);
      for (const workload of workloads) {
        this.#progress.show(
          `round ${round + 1} of ${this.#plan.rounds}, ${flavour}: ${workload.name}`,
        );
        const requests = await this.#requestsFor(subject, workload);
        this.#record(workload, flavour, await measure(subject, workload, requests));
      }
    } finally {
      await subject.dispose();
    }
  }

  /** As many as fill the time: found by a short run, which also warms the server up. */
  async #requestsFor(subject: Subject, workload: Workload): Promise<number> {
    const pilot = await measure(subject, workload, workload.pilotRequests);
    const key = `${subject.flavour} ${workload.name}`;
    const known = this.#requests.get(key);
    if (known !== undefined) return known;
    const lengthening = this.#plan.secondsPerWorkload / pilot.seconds;
    const requests = Math.ceil(
      workload.pilotRequests * Math.max(lengthening, MIN_REQUESTS_OF_PILOT),
    );
    this.#requests.set(key, requests);
    return requests;
  }

  #record(workload: Workload, flavour: Flavour, measurement: Measurement): void {
    const { name, unit } = workload;
    const sides = this.#results.get(name) ?? { ours: [], reference: [], unit };
    this.#results.set(name, sides);
    sides[flavour].push(measurement);
  }

  /** Both at the same pace: parts of what the original can do at most. */
  async #paced(): Promise<readonly Sides<PacedLatency>[]> {
    const best = this.#results.get('put, 100 in flight')?.reference ?? [];
    if (best.length === 0) return [];
    const most = median(best.map(({ perSecond }) => perSecond));
    const measured: Record<Flavour, PacedLatency[]> = { ours: [], reference: [] };
    for (const flavour of SIDES) {
      const subject = await Subject.start(flavour);
      try {
        await prefill(subject);
        for (const part of PACED_PARTS) {
          this.#progress.show(`latency at ${part} of etcd's most: ${flavour}`);
          const seconds = Math.ceil(this.#plan.secondsPerWorkload);
          measured[flavour].push(await measurePacedPuts(subject, most * part, seconds));
        }
      } finally {
        await subject.dispose();
      }
    }
    return measured.ours.flatMap((ours, i) => {
      const reference = measured.reference[i];
      return reference === undefined ? [] : [{ ours, reference }];
    });
  }

  async #manyKeys(): Promise<Figures['manyKeys']> {
    this.#progress.show(`${this.#plan.keys} keys: reference`);
    const reference = await measureManyKeys('reference', this.#plan.keys);
    this.#progress.show(`${this.#plan.keys} keys: ours`);
    return { reference, ours: await measureManyKeys('ours', this.#plan.keys) };
  }
}
