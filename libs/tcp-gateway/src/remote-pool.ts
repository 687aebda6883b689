import type { Logger, Rng } from '@etcd-ts/foundation';
import type { RemoteAddress } from './remote.js';
import { addressText } from './remote.js';

/** One server and what the gateway knows about it. */
export interface Remote {
  readonly address: RemoteAddress;
  isActive: boolean;
}

/** The servers, and whose turn it is. */
export class RemotePool {
  readonly #remotes: readonly Remote[];
  readonly #rng: Rng;
  readonly #logger: Logger;
  #turn = 0;

  /** Those whose certificate is to be verified begin inactive: they have not shown it yet. */
  constructor(addresses: readonly RemoteAddress[], rng: Rng, logger: Logger) {
    this.#remotes = addresses.map((address) => ({
      address,
      isActive: address.verifyAs === undefined,
    }));
    this.#rng = rng;
    this.#logger = logger;
  }

  get inactive(): readonly Remote[] {
    return this.#remotes.filter(({ isActive }) => !isActive);
  }

  /**
   * In which order one connection asks them: the active ones, by priority, beginning with the one
   * whose turn it is. Behind them those that failed lately, because a connection that would be
   * refused anyway loses nothing by asking; but nobody who still has to show a certificate.
   */
  inOrder(): readonly Remote[] {
    const active = this.#remotes.filter(({ isActive }) => isActive);
    const others = this.inactive.filter(({ address }) => address.verifyAs === undefined);
    const byPriority = (a: Remote, b: Remote): number => a.address.priority - b.address.priority;
    const first = this.#choose(active);
    const rest = this.#rotated(active.filter((remote) => remote !== first)).sort(byPriority);
    this.#turn = (this.#turn + 1) % Math.max(1, this.#remotes.length);
    return [...(first === undefined ? [] : [first]), ...rest, ...others.sort(byPriority)];
  }

  deactivate(remote: Remote, error: string): void {
    if (!remote.isActive) return;
    remote.isActive = false;
    this.#logger.warn('deactivated endpoint', { address: addressText(remote.address), error });
  }

  activate(remote: Remote): void {
    if (remote.isActive) return;
    remote.isActive = true;
    this.#logger.info('activated endpoint', { address: addressText(remote.address) });
  }

  #choose(active: readonly Remote[]): Remote | undefined {
    const priority = Math.min(...active.map(({ address }) => address.priority));
    const best = active.filter(({ address }) => address.priority === priority);
    const weights = best.reduce((sum, { address }) => sum + address.weight, 0);
    if (weights === 0) return best[this.#turn % Math.max(1, best.length)];
    let left = this.#rng.below(weights);
    return best.find(({ address }) => (left -= address.weight) < 0);
  }

  #rotated(remotes: readonly Remote[]): Remote[] {
    const from = this.#turn % Math.max(1, remotes.length);
    return [...remotes.slice(from), ...remotes.slice(0, from)];
  }
}
