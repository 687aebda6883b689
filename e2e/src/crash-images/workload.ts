import { must, type Rng } from '@etcd-ts/foundation';
import type { EtcdServer } from '@etcd-ts/server';
import { v2Request } from '@etcd-ts/v2-store';
import {
  AuthUserAddRequest,
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

import { leasesAt, readKeyState, readState } from '../stored-state/state-digest.js';
import type { StoredState } from '../stored-state/state-digest.js';

const KEYS = 40;
const MAX_CONCURRENT = 6;
const LEASE_SECONDS = 86_400n;
/** Some values span several sectors, and now and then several pages of the database. */
const VALUE_BYTES = [8, 40, 200, 200, 700, 3_000, 12_000];

export interface WorkloadTerms {
  readonly server: EtcdServer;
  readonly rng: Rng;
  /** Told at the moment a change of the key space is acknowledged. */
  readonly acknowledged: (revision: number) => void;
}

/** Of users, roles and values of the v2 tree. */
export interface NameSupply {
  next: number;
}

/**
 * Changes everything a member stores. The order of all changes is known: those of the key space that
 * run beside each other are ordered by their revisions, everything else runs alone.
 */
export class Workload {
  readonly #terms: WorkloadTerms;
  readonly #grants: Map<bigint, bigint>;
  readonly #names: NameSupply;
  operations = 0;

  /** `grants` and `names` outlive the member's restarts. */
  constructor(terms: WorkloadTerms, grants: Map<bigint, bigint>, names: NameSupply) {
    this.#terms = terms;
    this.#grants = grants;
    this.#names = names;
  }

  /** Some changes, and the states they went through, one after the other. */
  async wave(before: StoredState): Promise<readonly StoredState[]> {
    const { rng, server } = this.#terms;
    if (rng.below(10) < 8) return this.#keyWave(before);
    this.operations++;
    await this.#other(before);
    return [await readState(server)];
  }

  async #keyWave(before: StoredState): Promise<readonly StoredState[]> {
    const { rng, server, acknowledged } = this.#terms;
    const count = 1 + rng.below(MAX_CONCURRENT);
    this.operations += count;
    const changes = Array.from({ length: count }, async () => {
      const revision = await this.#keyChange();
      acknowledged(revision);
    });
    await Promise.all(changes);
    const states: StoredState[] = [];
    const { revision } = server.facts.header();
    for (let at = before.revision + 1; at <= revision; at++) {
      const leases = await leasesAt(server, at, this.#grants);
      states.push({ ...before, ...(await readKeyState(server, at)), leases });
    }
    return states;
  }

  #keyChange(): Promise<number> {
    const { rng, server } = this.#terms;
    const { keyValues } = server;
    const kind = rng.below(10);
    if (kind < 6) return keyValues.put(this.#put()).then(revisionOf);
    if (kind < 8) return keyValues.deleteRange(this.#delete()).then(revisionOf);
    const operations = Array.from({ length: 1 + rng.below(4) }, (_, i) =>
      rng.below(4) === 0
        ? { request: { $case: 'requestDeleteRange' as const, value: this.#delete(i) } }
        : { request: { $case: 'requestPut' as const, value: this.#put(i) } },
    );
    return keyValues.txn(TxnRequest.create({ success: operations })).then(revisionOf);
  }

  /** A transaction may not put a key twice: each of its operations has keys of its own. */
  #key(part: number): Buffer {
    return Buffer.from(`key-${part}-${this.#terms.rng.below(KEYS / 4)}`);
  }

  #put(part = 0): PutRequest {
    const { rng } = this.#terms;
    const leases = [...this.#grants.keys()];
    const lease = rng.below(4) === 0 ? leases[rng.below(Math.max(1, leases.length))] : undefined;
    const value = Buffer.alloc(must(VALUE_BYTES[rng.below(VALUE_BYTES.length)], 'a size'));
    for (let at = 0; at < value.length; at += 4) value.fill(rng.below(256), at, at + 4);
    return PutRequest.create({ key: this.#key(part), value, lease: lease ?? 0n });
  }

  #delete(part = 0): DeleteRangeRequest {
    return DeleteRangeRequest.create({ key: this.#key(part) });
  }

  async #other(before: StoredState): Promise<void> {
    const { rng, server } = this.#terms;
    const kind = rng.below(8);
    if (kind < 2) return this.#grant();
    if (kind === 2) return this.#revoke();
    if (kind === 3) return this.#compact(before);
    const name = `name-${this.#names.next++}`;
    if (kind === 4) {
      const request = AuthUserAddRequest.create({ name, options: { noPassword: true } });
      await server.auth.userAdd(request, new AbortController().signal);
    } else if (kind === 5) await server.auth.roleAdd(name);
    else {
      const path = `/1/${name.at(-1) ?? ''}`;
      const timeNs = server.v2.nowNs();
      await server.v2.propose(v2Request({ method: 'PUT', path, value: name, timeNs }));
    }
  }

  async #grant(): Promise<void> {
    const { ID, TTL } = await this.#terms.server.leases.grant(
      LeaseGrantRequest.create({ TTL: LEASE_SECONDS }),
    );
    this.#grants.set(ID, TTL);
  }

  async #revoke(): Promise<void> {
    const [id] = this.#grants.keys();
    if (id === undefined) return;
    await this.#terms.server.leases.revoke(LeaseRevokeRequest.create({ ID: id }));
    this.#grants.delete(id);
  }

  async #compact({ revision, compactRevision }: StoredState): Promise<void> {
    const wanted = revision - this.#terms.rng.below(20);
    if (wanted <= Math.max(0, compactRevision)) return;
    const physical = this.#terms.rng.below(2) === 0;
    const request = CompactionRequest.create({ revision: BigInt(wanted), physical });
    await this.#terms.server.keyValues.compact(request);
  }
}

function revisionOf({
  header,
}: {
  readonly header?: { readonly revision: bigint } | undefined;
}): number {
  return Number(must(header, 'a header').revision);
}
