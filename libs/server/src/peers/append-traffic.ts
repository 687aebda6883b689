import { RaftIndex } from '@etcd-ts/foundation';
import type { Clock, MemberId } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';

import type { FollowerReport } from '../v2-server.js';

/** What one follower has been sent and has answered. */
interface Follower {
  fail: number;
  success: number;
  currentMs: number;
  minimumMs: number;
  maximumMs: number;
  sumMs: number;
  sumSquaresMs: number;
  /** The append whose answer is timed; one at a time says enough. */
  awaited: { readonly index: RaftIndex; readonly sentMs: number } | undefined;
}

/** The appends between this member and the others, as /v2/stats counts them. */
export class AppendTraffic {
  readonly #clock: Clock;
  /** Members come and go by configuration changes, one at a time: no more than ever were. */
  readonly #followers = new Map<MemberId, Follower>();
  sentCount = 0;
  receivedCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  sent(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type !== 'appendEntries') continue;
      this.sentCount++;
      const follower = this.#follower(message.to);
      const index = RaftIndex(message.previousIndex + message.entries.length);
      follower.awaited ??= { index, sentMs: this.#clock.monotonicMs() };
    }
  }

  received(message: Message): void {
    if (message.type === 'appendEntries') this.receivedCount++;
    if (message.type !== 'appendEntriesResponse' || message.reject) return;
    const follower = this.#followers.get(message.from);
    if (follower?.awaited === undefined || message.index < follower.awaited.index) return;
    const tookMs = this.#clock.monotonicMs() - follower.awaited.sentMs;
    follower.awaited = undefined;
    follower.success++;
    follower.currentMs = tookMs;
    follower.minimumMs = Math.min(follower.minimumMs, tookMs);
    follower.maximumMs = Math.max(follower.maximumMs, tookMs);
    follower.sumMs += tookMs;
    follower.sumSquaresMs += tookMs * tookMs;
  }

  /** The member could not be reached: what was on its way to it may be lost, and is not timed. */
  unreachable(id: MemberId): void {
    const follower = this.#follower(id);
    follower.fail++;
    follower.awaited = undefined;
  }

  /** Milliseconds, zeros until something was answered. */
  report(id: MemberId): FollowerReport {
    const { fail, success, ...follower } = this.#followers.get(id) ?? stranger();
    const average = success === 0 ? 0 : follower.sumMs / success;
    const variance = success === 0 ? 0 : follower.sumSquaresMs / success - average * average;
    return {
      latency: {
        current: follower.currentMs,
        average,
        standardDeviation: Math.sqrt(Math.max(0, variance)),
        minimum: success === 0 ? 0 : follower.minimumMs,
        maximum: follower.maximumMs,
      },
      counts: { fail, success },
    };
  }

  #follower(id: MemberId): Follower {
    const known = this.#followers.get(id);
    if (known !== undefined) return known;
    const follower = stranger();
    this.#followers.set(id, follower);
    return follower;
  }
}

/** Of whom nothing is known yet. */
function stranger(): Follower {
  return {
    fail: 0,
    success: 0,
    currentMs: 0,
    minimumMs: Infinity,
    maximumMs: 0,
    sumMs: 0,
    sumSquaresMs: 0,
    awaited: undefined,
  };
}
