import { pause, type EtcdCluster } from '@etcd-ts/testkit';

import type { ClusterLoad } from '../load/cluster-load.js';

/** Open loop, as in `untilServed`: a write that hangs keeps no other one waiting. */
const PULSE_EVERY_MS = 20;
const PULSE_DEADLINE_MS = 3_000;

/** Watches for how long no write is answered, by whichever member. */
export class Outage {
  readonly #cluster: EtcdCluster;
  readonly #load: ClusterLoad;
  readonly #answeredMs: number[] = [];
  readonly #pulsing: Promise<void>;
  #stopping = false;

  constructor(cluster: EtcdCluster, load: ClusterLoad) {
    this.#cluster = cluster;
    this.#load = load;
    this.#pulsing = this.#pulse();
  }

  /** The longest time between two answers. */
  async stop(): Promise<number> {
    this.#stopping = true;
    await this.#pulsing;
    const times = this.#answeredMs.sort((a, b) => a - b);
    return Math.max(...times.map((time, i) => (i === 0 ? 0 : time - (times[i - 1] ?? time))));
  }

  async #pulse(): Promise<void> {
    const pulses: Promise<unknown>[] = [];
    for (let i = 0; !this.#stopping; i++) {
      const { awake } = this.#cluster;
      const member = awake[i % awake.length];
      if (member !== undefined) {
        const pulse = this.#load.pulse(member, PULSE_DEADLINE_MS).then(({ kind }) => {
          if (kind === 'ok') this.#answeredMs.push(performance.now());
        });
        pulses.push(pulse);
      }
      await pause(PULSE_EVERY_MS);
    }
    await Promise.all(pulses);
  }
}
