import { pause } from '@etcd-ts/testkit';

/** One entry in a registry, by whatever conversation it is kept there. */
export interface Registration {
  connect(): Promise<void>;
  /** The first time, and again to keep it. */
  register(): Promise<void>;
  deregister(): Promise<void>;
  close(): void;
}

const REFRESH_MS = 700;

/** A service that is registered anew again and again until it stops or dies. */
export class Service {
  readonly #registration: Registration;
  #alive = true;
  #loop: Promise<void> = Promise.resolve();

  constructor(registration: Registration) {
    this.#registration = registration;
  }

  async start(): Promise<void> {
    await this.#registration.connect();
    await this.#registration.register();
    this.#loop = this.#refresh();
    // Whoever ends it hears of a failure.
    this.#loop.catch(() => undefined);
  }

  /** Without a word to the registry. */
  async die(): Promise<void> {
    this.#alive = false;
    await this.#loop;
    this.#registration.close();
  }

  async stop(): Promise<void> {
    this.#alive = false;
    await this.#loop;
    await this.#registration.deregister();
    this.#registration.close();
  }

  async #refresh(): Promise<void> {
    while (this.#alive) {
      await pause(REFRESH_MS);
      if (this.#alive) await this.#registration.register();
    }
  }
}
