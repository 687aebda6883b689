import { nextCompaction } from '@etcd-ts/checker';
import type { HistoryRecorder } from '@etcd-ts/checker';
import type { Rng } from '@etcd-ts/foundation';

import { execute } from '../clients/execution.js';
import type { ClusterWatch } from '../member/cluster-watch.js';
import type { Machine } from '../member/machine.js';
import type { EventQueue } from '../time/event-queue.js';

export interface MaintenanceParts {
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly machines: readonly Machine[];
  readonly recorder: HistoryRecorder;
  readonly watch: ClusterWatch;
  readonly compactEveryMs: number;
  readonly compactAtPresentShare: number;
  /** Between two comparisons of the members. */
  readonly compareEveryMs: number;
}

/** Of whoever compacts: no client has this number. */
const CLIENT = -1;

/** What operators do all the time: compact, and compare the members. */
export class Maintenance {
  readonly #parts: MaintenanceParts;
  /** The highest revision that somebody asked to compact at. */
  compactedThrough = 0;
  /** The last one that was compacted at, as far as was heard. */
  compacted = 0;
  #comparedRevision = 0;

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#compactLater();
    this.#compareLater();
  }

  #compactLater(): void {
    const { queue, rng, compactEveryMs } = this.#parts;
    queue.in(compactEveryMs * (0.5 + rng.next()), undefined, () => {
      this.#compact();
      this.#compactLater();
    });
  }

  #compact(): void {
    const { queue, rng, machines, recorder, watch, compactAtPresentShare } = this.#parts;
    const operation = nextCompaction(rng, watch.newestRevision, compactAtPresentShare);
    const machine = machines[rng.below(machines.length)];
    const serving = machine?.serving();
    if (operation.kind !== 'compact' || machine === undefined || serving === undefined) return;
    const call = recorder.invoke(CLIENT, operation, machine.name);
    this.compactedThrough = Math.max(this.compactedThrough, operation.revision);
    let isOver = false;
    const forget = serving.process.onDeath(() => {
      isOver = true;
      call.unknown();
    });
    queue.in(0, serving.process, () => {
      void execute(serving.member.server, operation).then((answer) => {
        if (isOver) return;
        forget();
        if (answer.kind === 'ok') {
          call.ok(answer.revision, answer.result);
          this.compacted = operation.revision;
        } else if (answer.kind === 'failed') call.failed(answer.failure);
        else call.unknown();
      });
    });
  }

  #compareLater(): void {
    const { queue, watch, compareEveryMs } = this.#parts;
    queue.in(compareEveryMs, undefined, () => {
      const { newestRevision } = watch;
      if (newestRevision !== this.#comparedRevision) this.compareHashes(newestRevision);
      this.#comparedRevision = newestRevision;
      this.#compareLater();
    });
  }

  /** All members are asked for the hash of one revision; 0: whichever is their newest. */
  compareHashes(asked: number): void {
    const { queue, machines, watch } = this.#parts;
    for (const machine of machines) {
      const serving = machine.serving();
      if (serving === undefined) continue;
      const { member, process } = serving;
      queue.in(0, process, () => {
        member.server.maintenance.hashKv(asked).then(
          ({ hash, hashRevision: revision, compactRevision }) => {
            if (!process.alive) return;
            watch.observe({ kind: 'hash', member: machine.name, revision, compactRevision, hash });
          },
          // Not there yet, or compacted already.
          () => undefined,
        );
      });
    }
  }
}
