import { assert, EMPTY_BYTES, Revision } from '@etcd-ts/foundation';
import type { Term } from '@etcd-ts/foundation';
import type { LeaseGrantResponse, TxnResponse } from '@etcd-ts/wire-protocol';

import type { Applied, ApplyOutcome } from './apply/outcome.js';
import type { SplitId } from './plain-put.js';
import type { RaftRequest } from './raft-request.js';

/**
 * What was proposed here, and whoever waits for it, in one object: each that waits for the disk is
 * moved by the garbage collector meanwhile. It is told once how it went; what it does then must not
 * throw.
 */
export abstract class Proposal implements SplitId {
  high = 0;
  low = 0;
  /** The log entry. */
  data: Uint8Array = EMPTY_BYTES;
  /** Undefined for a change of membership and a plain put. */
  request: RaftRequest | undefined = undefined;
  /** For the leader of this term and nobody else. */
  inTerm: Term | undefined = undefined;
  startedMs = 0;
  isSettled = false;

  abstract settled(outcome: ApplyOutcome, tookMs: number): void;
  /** Perhaps it is applied all the same, later. */
  abstract failed(error: Error, tookMs: number): void;
}

/** Waited for by a promise. */
export class AwaitedProposal extends Proposal {
  readonly #resolve: (outcome: ApplyOutcome) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (outcome: ApplyOutcome) => void, reject: (error: Error) => void) {
    super();
    this.#resolve = resolve;
    this.#reject = reject;
  }

  settled(outcome: ApplyOutcome): void {
    this.#resolve(outcome);
  }

  failed(error: Error): void {
    this.#reject(error);
  }
}

/** A write that goes from the bytes of its request to those of the log, without promises. */
export abstract class DirectWrite extends Proposal {
  /** As etcd's metrics name it. */
  abstract readonly operation: 'Put' | 'Txn' | 'LeaseGrant';
  /** The entry ends with the request: as it came, or with the id that its lease was given. */
  requestBytes = 0;

  /** The marshalled request. */
  get marshalled(): Uint8Array {
    return this.data.subarray(this.data.length - this.requestBytes);
  }

  settled(outcome: ApplyOutcome, tookMs: number): void {
    if (outcome.kind === 'refused') this.failed(outcome.error, tookMs);
    else this.answered(outcome.result, tookMs);
  }

  protected abstract answered(result: Applied, tookMs: number): void;
}

/** A put of a key, a value and perhaps a lease. */
export abstract class DirectPut extends DirectWrite {
  get operation(): 'Put' {
    return 'Put';
  }

  /** As with `put` of KeyValueOperations: it is durable on a quorum, and applied here. */
  abstract applied(revision: Revision, tookMs: number): void;

  /** A plain put is applied as any other where the plain way is not open: with users, for instance. */
  protected answered(result: Applied, tookMs: number): void {
    assert(result.kind === 'put', () => `applied ${result.kind} where put was proposed`);
    this.applied(Revision(Number(result.response.header?.revision ?? 0n)), tookMs);
  }
}

interface DirectResponses {
  readonly txn: TxnResponse;
  readonly leaseGrant: LeaseGrantResponse;
}

export type DirectKind = keyof DirectResponses;
export type DirectResponse<Kind extends DirectKind> = DirectResponses[Kind];

const OPERATIONS = { txn: 'Txn', leaseGrant: 'LeaseGrant' } as const;

/** A transaction of any kind that writes, or a grant. */
export abstract class DirectRequest<Kind extends DirectKind> extends DirectWrite {
  readonly #kind: Kind;

  constructor(kind: Kind) {
    super();
    this.#kind = kind;
  }

  get operation(): (typeof OPERATIONS)[Kind] {
    return OPERATIONS[this.#kind];
  }

  /** As where it is awaited. */
  abstract applied(response: DirectResponse<Kind>, tookMs: number): void;

  protected answered(result: Applied, tookMs: number): void {
    assert(isOfKind(result, this.#kind), () => `applied ${result.kind}, not ${this.#kind}`);
    this.applied(result.response, tookMs);
  }
}

function isOfKind<Kind extends DirectKind>(
  result: Applied,
  kind: Kind,
): result is Applied & { readonly kind: Kind; readonly response: DirectResponse<Kind> } {
  return result.kind === kind;
}
