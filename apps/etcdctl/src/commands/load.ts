import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@etcd-ts/client';
import { failureText } from '../failure.js';

export interface LoadPlan {
  readonly clients: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly prefix: string;
  /** Puts a second; undefined: as fast as they go. */
  readonly rate: number | undefined;
  /** Ends after so many puts, or after so long. */
  readonly puts: number;
  readonly durationMs: number;
}

export interface LoadReport {
  readonly puts: number;
  readonly perSecond: number;
  readonly slowestSeconds: number;
  readonly deviationSeconds: number;
  /** Texts of errors, and how often. */
  readonly errors: ReadonlyMap<string, number>;
}

/** How far ahead of the rate the workers may be: what a pause made up for. */
const TICK_MS = 5;

/** Puts random keys below the prefix from several connections, no faster than the rate. */
export async function runLoad(
  clients: readonly Client[],
  plan: LoadPlan,
  onProgress: (puts: number, elapsedMs: number) => void,
): Promise<LoadReport> {
  const begunMs = performance.now();
  const tally = new Tally();
  const elapsedMs = (): number => performance.now() - begunMs;
  let taken = 0;
  const takeTurn = async (): Promise<boolean> => {
    for (;;) {
      if (taken >= plan.puts || elapsedMs() >= plan.durationMs) return false;
      const allowed = plan.rate === undefined ? Infinity : (elapsedMs() / 1000) * plan.rate;
      if (taken < allowed) {
        taken++;
        return true;
      }
      await pause(TICK_MS);
    }
  };
  const worker = async (client: Client): Promise<void> => {
    while (await takeTurn()) {
      await tally.measure(() => client.kv.put(randomKey(plan), randomBytes(plan.valueBytes)));
      onProgress(tally.puts, elapsedMs());
    }
  };
  await Promise.all(clients.map(worker));
  return tally.report(elapsedMs());
}

function randomKey({ prefix, keyBytes }: LoadPlan): Buffer {
  return Buffer.concat([Buffer.from(prefix), randomBytes(keyBytes)]);
}

class Tally {
  readonly #seconds: number[] = [];
  readonly #errors = new Map<string, number>();

  get puts(): number {
    return this.#seconds.length;
  }

  async measure(put: () => Promise<unknown>): Promise<void> {
    const begunMs = performance.now();
    try {
      await put();
      this.#seconds.push((performance.now() - begunMs) / 1000);
    } catch (error) {
      const text = failureText(error);
      this.#errors.set(text, (this.#errors.get(text) ?? 0) + 1);
    }
  }

  report(elapsedMs: number): LoadReport {
    const puts = this.#seconds.length;
    const mean = this.#seconds.reduce((sum, each) => sum + each, 0) / Math.max(1, puts);
    const squares = this.#seconds.reduce((sum, each) => sum + (each - mean) ** 2, 0);
    return {
      puts,
      perSecond: puts / (elapsedMs / 1000),
      slowestSeconds: this.#seconds.reduce((worst, each) => Math.max(worst, each), 0),
      deviationSeconds: Math.sqrt(squares / Math.max(1, puts)),
      errors: this.#errors,
    };
  }
}
