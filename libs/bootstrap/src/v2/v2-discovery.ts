import type { Logger, Scheduler } from '@etcd-ts/foundation';
import { pause, retryPauseMs } from '../backoff.js';
import type { DiscoveryFailure } from '../discovery-outcome.js';
import { DUPLICATE_ID } from '../discovery-outcome.js';
import type { KeysClient } from './keys-client.js';
import type { Peer, Roster, Unavailable } from './roster.js';
import { composeCluster, peerOf, readRegistration, readRoster, readSize } from './roster.js';

export interface V2DiscoveryParts {
  readonly directory: KeysClient;
  /** For the log, without the token: whoever has the token may join the cluster. */
  readonly shownUrl: string;
  readonly memberId: string;
  /** `name=url[,name=url]`. */
  readonly registration: string;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

type Stopped = { readonly kind: 'stopped' };
type Joined = { readonly kind: 'ok'; readonly initialCluster: string };
type Checked = Roster & { readonly size: number };
type WaitEnd = { readonly kind: 'complete'; readonly peers: readonly Peer[] };

const STOPPED: Stopped = { kind: 'stopped' };

/**
 * A member's way into a new cluster through a directory of the v2 keys API: look whether there is
 * room, enter oneself, look again (who came too late sees it now), wait until all are there.
 * Everybody counts the first entries in order of creation, so all come to the same cluster.
 */
export class V2Discovery {
  readonly #parts: V2DiscoveryParts;
  /** Tries in a row that got no answer. */
  #retries = 0;

  constructor(parts: V2DiscoveryParts) {
    this.#parts = parts;
  }

  async join(): Promise<Joined | DiscoveryFailure | Stopped> {
    const before = await this.#check();
    if (before.kind !== 'ok') return before;
    const refusal = await this.#register();
    if (refusal !== undefined) return refusal;
    return this.#awaitAll();
  }

  async #check(): Promise<Checked | DiscoveryFailure | Stopped> {
    const { directory, memberId, signal } = this.#parts;
    while (!signal.aborted) {
      const size = readSize(await directory.size(signal));
      const roster =
        size.kind === 'ok' ? readRoster(await directory.list(signal), size.size, memberId) : size;
      if (roster.kind === 'failed') return roster;
      if (roster.kind === 'ok' && size.kind === 'ok') {
        this.#retries = 0;
        return { ...roster, size: size.size };
      }
      if (roster.kind === 'unavailable') await this.#backOff('cluster status check', roster);
    }
    return STOPPED;
  }

  /**
   * A try without an answer may have worked. The original gives up then, and finds itself a
   * duplicate when it starts again; we look whether the entry that is there is our own.
   */
  async #register(): Promise<DiscoveryFailure | Stopped | undefined> {
    const { directory, memberId, registration, signal } = this.#parts;
    for (let isRepeated = false; !signal.aborted; isRepeated = true) {
      const answer = await directory.create(memberId, registration, signal);
      const outcome = readRegistration(answer, isRepeated);
      switch (outcome.kind) {
        case 'failed':
          return outcome;
        case 'registered':
          return this.#awaitOwn(outcome.createdIndex);
        case 'compare': {
          const own = await directory.member(memberId, signal);
          if (own.kind === 'event') {
            return own.node.value === registration ? undefined : DUPLICATE_ID;
          }
          // Not without a pause: a service that goes on like this would be asked without end.
          await this.#backOff('registration', {
            kind: 'unavailable',
            reason: `entry: ${own.kind}`,
          });
          break;
        }
        case 'unavailable':
          await this.#backOff('registration', outcome);
      }
    }
    return STOPPED;
  }

  /** One server of several may not have seen yet what another has taken. */
  async #awaitOwn(createdIndex: number): Promise<Stopped | undefined> {
    const { directory, memberId, signal } = this.#parts;
    while (!signal.aborted) {
      const answer = await directory.waitForMember(memberId, createdIndex, signal);
      // Any answer but "later" is as good: the check that follows tells what is the matter.
      if (answer.kind !== 'unavailable') return undefined;
      await this.#backOff('registration', answer);
    }
    return STOPPED;
  }

  async #awaitAll(): Promise<Joined | DiscoveryFailure | Stopped> {
    while (!this.#parts.signal.aborted) {
      const roster = await this.#check();
      if (roster.kind !== 'ok') return roster;
      for (const peer of roster.peers) this.#logPeer(peer);
      const end = await this.#awaitMore(roster);
      if (end.kind === 'complete') return composeCluster(end.peers, roster.size);
      // What has been missed meanwhile is in the directory, so the next look is at all of it.
      if (end.kind === 'unavailable') await this.#backOff('waiting for other nodes', end);
    }
    return STOPPED;
  }

  async #awaitMore({ peers: first, size, index }: Checked): Promise<WaitEnd | Unavailable> {
    const { directory, logger, shownUrl, signal } = this.#parts;
    const peers = [...first];
    let waitIndex = index + 1;
    while (peers.length < size) {
      const counts = { 'found-peers': peers.length, 'needed-peers': size - peers.length };
      logger.info('found peers from discovery server; waiting for more', {
        'discovery-url': shownUrl,
        ...counts,
      });
      const answer = await directory.waitForAny(waitIndex, signal);
      if (answer.kind === 'unavailable') return answer;
      // A server that ended the wait, or has forgotten the index: a new look heals either, after a
      // pause, since a broken proxy in between may end every wait at once.
      if (answer.kind !== 'event') return { kind: 'unavailable', reason: `wait: ${answer.kind}` };
      const peer = peerOf(answer.node);
      waitIndex = answer.node.modifiedIndex + 1;
      // Events of an entry that is known, or of one that was taken back, make nobody new.
      if (answer.node.value === '' || peers.some(({ id }) => id === peer.id)) {
        return { kind: 'unavailable', reason: 'the registry changed' };
      }
      this.#logPeer(peer);
      peers.push(peer);
    }
    logger.info('found all needed peers from discovery server', {
      'discovery-url': shownUrl,
      'found-peers': peers.length,
    });
    return { kind: 'complete', peers };
  }

  #logPeer({ id }: Peer): void {
    const { logger, memberId, shownUrl } = this.#parts;
    if (id === memberId) {
      logger.info('found self from discovery server', { 'discovery-url': shownUrl, self: id });
    } else {
      logger.info('found peer from discovery server', { 'discovery-url': shownUrl, peer: id });
    }
  }

  async #backOff(step: string, { reason }: Unavailable): Promise<void> {
    const { scheduler, logger, shownUrl, signal } = this.#parts;
    if (signal.aborted) return;
    this.#retries++;
    const pauseMs = retryPauseMs(this.#retries);
    logger.info('retry connecting to discovery service', {
      url: shownUrl,
      reason: step,
      backoff: `${pauseMs / 1000}s`,
      error: reason,
    });
    await pause(scheduler, pauseMs, signal);
  }
}
