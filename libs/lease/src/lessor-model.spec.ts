import { LeaseId, NO_LEASE } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { EXPIRED_LEASE_RETRY_MS, Lessor } from './lessor.js';
import { MemoryRecords } from './testing/memory-records.js';

interface NaiveLease {
  readonly ttl: number;
  expiry: number;
  handedOut: number | undefined;
}

/** Looks at everything on every question. */
class NaiveLessor {
  readonly leases = new Map<LeaseId, NaiveLease>();
  readonly keys = new Map<string, LeaseId>();
  primary = false;

  keysOf(id: LeaseId): string[] {
    return [...this.keys].flatMap(([key, lease]) => (lease === id ? [key] : [])).sort();
  }

  expired(now: number): LeaseId[] {
    if (!this.primary) return [];
    return [...this.leases].flatMap(([id, lease]) => {
      const from =
        lease.handedOut === undefined ? lease.expiry : lease.handedOut + EXPIRED_LEASE_RETRY_MS;
      if (from > now) return [];
      lease.handedOut = now;
      return [id];
    });
  }
}

type Step =
  | { readonly kind: 'grant'; readonly id: LeaseId; readonly ttl: number }
  | { readonly kind: 'revoke' | 'renew'; readonly id: LeaseId }
  | { readonly kind: 'attach' | 'detach'; readonly id: LeaseId; readonly key: string }
  | { readonly kind: 'promote'; readonly extendMs: number }
  | { readonly kind: 'demote' | 'restart' }
  | { readonly kind: 'wait'; readonly ms: number };

const id = fc.integer({ min: 1, max: 6 }).map((value) => LeaseId(BigInt(value)));
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('grant' as const), id, ttl: fc.integer({ min: -2, max: 20 }) }),
  fc.record({ kind: fc.constantFrom('revoke' as const, 'renew' as const), id }),
  fc.record({ kind: fc.constantFrom('attach' as const, 'detach' as const), id, key }),
  fc.record({ kind: fc.constant('promote' as const), extendMs: fc.nat(2000) }),
  fc.record({ kind: fc.constantFrom('demote' as const, 'restart' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(9000) }),
);

class Comparison {
  readonly #store = new MemoryRecords();
  readonly #model = new NaiveLessor();
  #lessor = new Lessor({ minTtlSeconds: 2, store: this.#store });
  #now = 0;

  run(action: Step): void {
    this.#apply(action);
    const model = this.#model;
    expect(this.#lessor.expired(this.#now, 1000).sort()).toEqual(model.expired(this.#now).sort());
    expect([...this.#store.records.keys()].sort()).toEqual([...model.leases.keys()].sort());
    expect([...this.#lessor.list()].sort()).toEqual([...model.leases.keys()].sort());
    for (const [lease, { ttl, expiry }] of model.leases) {
      expect(this.#lessor.timeToLive(lease, this.#now)).toEqual({
        grantedTtl: ttl,
        remainingMs: model.primary ? Math.max(0, expiry - this.#now) : Infinity,
        keys: model.keysOf(lease),
      });
    }
    for (const each of ['a', 'b', 'c', 'd', 'e']) {
      expect(this.#lessor.leaseOf(each)).toBe(model.keys.get(each) ?? NO_LEASE);
    }
  }

  #apply(action: Step): void {
    const model = this.#model;
    switch (action.kind) {
      case 'grant':
        return this.#grant(action.id, action.ttl);
      case 'revoke': {
        const known = model.leases.delete(action.id);
        const keys = model.keysOf(action.id);
        for (const each of keys) model.keys.delete(each);
        const expected = known ? { kind: 'ok', keys } : { kind: 'notFound' };
        expect(this.#lessor.revoke(action.id)).toEqual(expected);
        return;
      }
      case 'renew':
        return this.#renew(action.id);
      case 'attach':
        if (!model.leases.has(action.id)) return;
        model.keys.set(action.key, action.id);
        return this.#lessor.attach(action.id, action.key);
      case 'detach':
        if (model.keys.get(action.key) === action.id) model.keys.delete(action.key);
        return this.#lessor.detach(action.id, action.key);
      case 'promote':
        return this.#promote(action.extendMs);
      case 'demote':
        model.primary = false;
        return this.#lessor.demote();
      case 'restart':
        return this.#restart();
      case 'wait':
        this.#now += action.ms;
    }
  }

  #grant(lease: LeaseId, ttl: number): void {
    const exists = this.#model.leases.has(lease);
    const raised = Math.max(2, ttl);
    const expected = exists ? { kind: 'exists' } : { kind: 'ok', ttl: raised };
    expect(this.#lessor.grant(lease, ttl, this.#now)).toEqual(expected);
    if (exists) return;
    const expiry = this.#now + raised * 1000;
    this.#model.leases.set(lease, { ttl: raised, expiry, handedOut: undefined });
  }

  #renew(lease: LeaseId): void {
    const known = this.#model.leases.get(lease);
    const outcome = this.#lessor.renew(lease, this.#now);
    if (!this.#model.primary) expect(outcome).toEqual({ kind: 'notPrimary' });
    else if (known === undefined) expect(outcome).toEqual({ kind: 'notFound' });
    else if (known.expiry <= this.#now) expect(outcome).toEqual({ kind: 'expiring' });
    else {
      expect(outcome).toMatchObject({ kind: 'ok', ttl: known.ttl });
      known.expiry = this.#now + known.ttl * 1000;
    }
  }

  #promote(extendMs: number): void {
    this.#model.primary = true;
    for (const lease of this.#model.leases.values()) {
      lease.expiry = this.#now + lease.ttl * 1000 + extendMs;
      lease.handedOut = undefined;
    }
    this.#lessor.promote(this.#now, extendMs);
  }

  #restart(): void {
    this.#model.primary = false;
    this.#lessor = new Lessor({ minTtlSeconds: 2, store: this.#store });
    this.#lessor.restore();
    for (const [each, lease] of this.#model.keys) this.#lessor.attach(lease, each);
  }
}

test('a lessor does what one does that looks at every lease every time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const comparison = new Comparison();
      comparison.run({ kind: 'promote', extendMs: 0 });
      for (const action of steps) comparison.run(action);
    }),
    { numRuns: 300 },
  );
});
