import { LeaseId, NO_LEASE, Revision, SeededRng } from '@etcd-ts/foundation';
import type { EncodedPut } from './encoded-put.js';
import { MemoryBackend } from './memory-backend.js';
import { LeaseTable } from './testing/lease-table.js';
import { bytes, deleteRequest, openStore, putRequest } from './testing/requests.js';
import type { RevisionCommit } from './watch-event.js';

const STEPS = 400;
const LEASE = LeaseId(7n);

/** As it lies in a request: with something before, between and behind. */
function encoded(key: string, value: string, lease: LeaseId): EncodedPut {
  const source = Buffer.from(`--${key}--${value}--`);
  const keyEnd = 2 + Buffer.byteLength(key);
  const valueStart = keyEnd + 2;
  const valueEnd = valueStart + Buffer.byteLength(value);
  return { source, keyStart: 2, keyEnd, valueStart, valueEnd, lease };
}

function openObserved() {
  const backend = new MemoryBackend();
  const leases = new LeaseTable();
  leases.grant(LEASE);
  const store = openStore(backend, leases);
  const commits: RevisionCommit[] = [];
  const changes: number[] = [];
  store.onRevision = (commit, count) => {
    commits.push(commit);
    changes.push(count);
  };
  return { backend, leases, store, commits, changes };
}

describe('an encoded put', () => {
  it('leaves everything as the same put does whose parts are objects', () => {
    const rng = new SeededRng(3);
    const one = openObserved();
    const other = openObserved();
    for (let step = 0; step < STEPS; step++) {
      const key = `k${rng.below(40)}${'x'.repeat(rng.below(50))}`;
      const value = 'v'.repeat(rng.below(3) === 0 ? rng.below(2000) : rng.below(10));
      const lease = rng.below(3) === 0 ? LEASE : NO_LEASE;
      if (rng.below(5) === 0) {
        for (const { store } of [one, other]) store.deleteRange(deleteRequest(key));
        continue;
      }
      const revision = one.store.putEncoded(encoded(key, value, lease));
      expect(other.store.put(putRequest(key, value, { lease }))).toMatchObject({ revision });
    }
    const rows = ({ backend }: typeof one) =>
      backend.scanRevisions(Revision(0), 0, STEPS).map((row) => ({
        ...row,
        value: Buffer.from(row.value).toString('hex'),
      }));
    expect(rows(one)).toEqual(rows(other));
    expect(one.backend.readMeta('currentRevision')).toEqual(
      other.backend.readMeta('currentRevision'),
    );
    expect(one.changes).toEqual(other.changes);
    const shown = (commits: readonly RevisionCommit[]) =>
      commits.map(({ revision, events }) => ({
        revision,
        events: events.map(({ type, kv }) => ({
          ...{ type, ...kv },
          ...{ key: Buffer.from(kv.key).toString(), value: Buffer.from(kv.value).toString() },
        })),
      }));
    expect(shown(one.commits)).toEqual(shown(other.commits));
    expect(one.leases).toEqual(other.leases);
  });

  it('does nothing for a lease that is not there', () => {
    const { store, commits } = openObserved();
    expect(store.putEncoded(encoded('a', 'x', LeaseId(8n)))).toBe('leaseNotFound');
    expect([store.currentRevision, commits.length]).toEqual([1, 0]);
  });

  it('makes its events once, for whoever looks first', () => {
    const { store, commits } = openObserved();
    store.putEncoded(encoded('a', 'x', NO_LEASE));
    expect(commits[0]?.events).toBe(commits[0]?.events);
    expect(commits[0]?.events[0]?.kv.value).toEqual(bytes('x'));
  });
});
