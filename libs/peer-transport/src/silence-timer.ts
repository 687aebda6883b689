import type { CancelTimer, Clock, Scheduler } from '@etcd-ts/foundation';

export interface Time {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** Calls back once when nothing has been heard for a while. */
export class SilenceTimer {
  readonly #time: Time;
  readonly #onSilence: () => void;
  #limitMs: number;
  #heardMs: number;
  #cancel: CancelTimer;
  #stopped = false;

  constructor(time: Time, limitMs: number, onSilence: () => void) {
    this.#time = time;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#heardMs = time.clock.monotonicMs();
    this.#cancel = time.scheduler.after(limitMs, () => this.#check());
  }

  /** Something was heard. */
  touch(): void {
    this.#heardMs = this.#time.clock.monotonicMs();
  }

  /** The patience from here on. */
  restart(limitMs: number): void {
    this.#limitMs = limitMs;
    this.touch();
    this.#wait(limitMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #wait(delayMs: number): void {
    this.#cancel();
    if (!this.#stopped) this.#cancel = this.#time.scheduler.after(delayMs, () => this.#check());
  }

  get #leftMs(): number {
    return this.#heardMs + this.#limitMs - this.#time.clock.monotonicMs();
  }

  #check(): void {
    if (this.#leftMs > 0) {
      this.#wait(this.#leftMs);
      return;
    }
    // If this process itself has slept, what the peer sent meanwhile lies in the socket, and timers
    // come before it. Only what is still silent after one round of reading is the peer's silence.
    this.#time.scheduler.soon(() => {
      if (this.#stopped) return;
      if (this.#leftMs > 0) {
        this.#wait(this.#leftMs);
        return;
      }
      this.#stopped = true;
      this.#onSilence();
    });
  }
}
