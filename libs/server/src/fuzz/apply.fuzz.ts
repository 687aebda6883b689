import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateBytes } from '@etcd-ts/fuzzing';
import { InternalRaftRequest } from '@etcd-ts/wire-protocol';
import { BootstrapError } from '../bootstrap/bootstrap-error.js';
import { encodeRaftRequest } from '../raft-request.js';
import type { RaftRequest } from '../raft-request.js';
import { firstRequests, randomRequest } from './random-request.js';
import { ReplicatedState } from './replicated-state.js';

const ENTRIES = 80;

/**
 * What no face and no member proposes: a member ends rather than to differ from others, and all do.
 * etcd ends, too, at what a member says of itself that nobody has added.
 */
const ENDS_A_MEMBER =
  /^log entry with a request this version cannot apply|empty operation|^unknown member|invalid JSON/u;

/**
 * Requests of the log as they are made, and damaged ones that are still requests, applied by two
 * members. Every one has an outcome, the same on both, though one of them removes at once what is
 * compacted, and the other one now and then, and dies and begins again where its commit was. In the
 * end both have the same. A case is an entry.
 */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const steady = await ReplicatedState.open();
  let other = await ReplicatedState.open();
  const log: RaftRequest[] = [];
  const first = [...firstRequests(rng)];
  while (log.length < ENTRIES) {
    const request = first.shift() ?? requestOf(rng, steady.state.store.currentRevision);
    log.push(request);
    const outcome = outcomeOf(steady, request, log.length);
    assert(outcomeOf(other, request, log.length) === outcome, () => `not alike: ${outcome}`);
    if (ENDS_A_MEMBER.test(outcome)) return log.length;
    while (!steady.state.store.compactionStep(100).done);
    if (rng.below(12) === 0) other.state.store.compactionStep(1 + rng.below(3));
    if (rng.below(6) === 0) other.backend.commit();
    if (rng.below(25) > 0) continue;
    const restarted = await restart(other, rng);
    if (restarted === undefined) return log.length;
    other = restarted;
    replay(other, log);
  }
  assert(other.contents() === steady.contents(), () =>
    firstDifference(other.contents(), steady.contents()),
  );
  steady.backend.commit();
  const again = await restart(steady, rng);
  if (again === undefined) return log.length;
  assert(again.contents() === steady.contents(), () =>
    firstDifference(again.contents(), steady.contents()),
  );
  return log.length;
}

/** What was not committed is applied once more. */
function replay(member: ReplicatedState, log: readonly RaftRequest[]): void {
  for (let index = member.applied + 1; index <= log.length; index++) {
    outcomeOf(member, log[index - 1] as RaftRequest, index);
  }
}

/** Undefined where the log says that the cluster is of a later version than this program. */
async function restart(member: ReplicatedState, rng: Rng): Promise<ReplicatedState | undefined> {
  try {
    return await member.restarted(rng);
  } catch (error) {
    if (error instanceof BootstrapError) return undefined;
    throw error;
  }
}

function outcomeOf(member: ReplicatedState, request: RaftRequest, index: number): string {
  try {
    return member.apply(request, index);
  } catch (error) {
    if (error instanceof Error && ENDS_A_MEMBER.test(error.message)) return error.message;
    throw error;
  }
}

function requestOf(rng: Rng, revision: number): RaftRequest {
  const bytes = Buffer.from(encodeRaftRequest(randomRequest(rng, revision)));
  if (rng.below(3) > 0) return InternalRaftRequest.decode(bytes);
  for (;;) {
    try {
      const damaged = InternalRaftRequest.decode(mutateBytes(rng, bytes));
      if (!hashesItself(damaged) && (hasPayload(damaged) || rng.below(50) === 0)) return damaged;
    } catch {
      // Bytes that are no request do not come this far: another target tries those.
    }
  }
}

/** Else it is the end of both members, and of the round. */
function hasPayload({
  header: _header,
  ID: _id,
  range: _range,
  ...payloads
}: RaftRequest): boolean {
  return Object.values(payloads).some((payload) => payload !== undefined);
}

/** A password without its hash: etcd 3.4 and before logged those, and every member made its own hash. */
function hashesItself({ authUserAdd, authUserChangePassword }: RaftRequest): boolean {
  return [authUserAdd, authUserChangePassword].some(
    (request) => request !== undefined && request.hashedPassword === '',
  );
}

/** Where two texts begin to differ. */
function firstDifference(one: string, another: string): string {
  let at = 0;
  while (one[at] === another[at] && at < one.length) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 200), at + 100);
  return `not the same: ${around(one)} and ${around(another)}`;
}
