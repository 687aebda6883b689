import { RaftIndex, type Revision, SeededRng, Term } from '@etcd-ts/foundation';
import { BACKEND_KINDS, type BackendPlace } from '../testing/backend-kinds.js';
import { temporaryDirectories } from '../testing/temporary-directory.js';
import type { Backend } from './backend.js';

const directory = temporaryDirectories();

/** The same in the most obvious way: revisions as "main.sub" lines, buckets as sorted lines. */
class Model {
  revisions = new Map<string, { main: number; sub: number; tombstone: boolean; value: string }>();
  buckets = new Map<string, string>();
  index = 0;

  clone(): Model {
    const copy = new Model();
    copy.revisions = new Map(this.revisions);
    copy.buckets = new Map(this.buckets);
    copy.index = this.index;
    return copy;
  }

  scan(main: number, sub: number, max: number): string[] {
    return [...this.revisions.values()]
      .filter((row) => row.main > main || (row.main === main && row.sub >= sub))
      .sort((a, b) => a.main - b.main || a.sub - b.sub)
      .slice(0, max)
      .map((row) => `${row.main}.${row.sub} ${row.tombstone} ${row.value}`);
  }

  bucket(name: string): string[] {
    return [...this.buckets]
      .filter(([key]) => key.startsWith(`${name}/`))
      .map(String)
      .sort();
  }
}

class Pair {
  readonly #rng: SeededRng;
  #place: BackendPlace;
  #backend: Backend;
  #model = new Model();
  /** What a crash leaves, and what it will leave once the commit under way is done. */
  #committed = new Model();
  #committing: Model | undefined;
  #nextMain = 2;

  constructor(seed: number, place: BackendPlace) {
    this.#rng = new SeededRng(seed);
    this.#place = place;
    this.#backend = place.open('db.sqlite');
  }

  async step(): Promise<void> {
    const choice = this.#rng.below(100);
    if (choice < 55) this.#entry();
    else if (choice < 65) this.#compact();
    else if (choice < 85) this.#commitStep();
    else if (choice < 89) await this.#commitDurable();
    else if (choice < 92) this.#backend.reclaim(3);
    else if (choice < 96) await this.#crash();
    else if (choice < 97) await this.#reopen();
    this.#compare();
  }

  #entry(): void {
    this.#backend.beginEntry();
    const main = this.#nextMain++;
    for (let sub = 0; sub < this.#rng.below(4); sub++) {
      const tombstone = this.#rng.below(4) === 0;
      const value = `value ${main}.${sub} ${'x'.repeat(this.#rng.below(300))}`;
      this.#backend.appendRevision(main as Revision, sub, tombstone, Buffer.from(value));
      this.#model.revisions.set(`${main}.${sub}`, { main, sub, tombstone, value });
    }
    for (let i = this.#rng.below(3); i > 0; i--) this.#changeBucket();
    this.#model.index++;
    this.#backend.setConsistentIndex(RaftIndex(this.#model.index), Term(1));
  }

  #changeBucket(): void {
    const bucket = ['lease', 'auth'][this.#rng.below(2)] as string;
    const key = `k${this.#rng.below(8)}`;
    if (this.#rng.below(3) === 0) {
      this.#backend.bucketDelete(bucket, Buffer.from(key));
      this.#model.buckets.delete(`${bucket}/${key}`);
      return;
    }
    const value = `v${this.#rng.below(1000)}`;
    this.#backend.bucketPut(bucket, Buffer.from(key), Buffer.from(value));
    this.#model.buckets.set(`${bucket}/${key}`, value);
  }

  #compact(): void {
    const doomed = [...this.#model.revisions.values()].filter(() => this.#rng.below(3) === 0);
    this.#backend.deleteRevisions(doomed.map(({ main, sub }) => ({ main: main as Revision, sub })));
    for (const { main, sub } of doomed) this.#model.revisions.delete(`${main}.${sub}`);
  }

  #commitStep(): void {
    const begins = this.#committing === undefined;
    if (begins && this.#backend.pendingOperations === 0) return;
    this.#committing ??= this.#model.clone();
    const done = this.#backend.commitStep(1 + this.#rng.below(20));
    // A checkpoint's fsync is on its way: nothing was begun.
    const blocked = begins && this.#backend.pendingOperations > 0;
    if (done && !blocked) this.#committed = this.#committing;
    if (done) this.#committing = undefined;
  }

  async #commitDurable(): Promise<void> {
    await this.#backend.commitDurable();
    this.#committed = this.#model.clone();
    this.#committing = undefined;
  }

  /** The process dies: the next one finds the files as they are. */
  async #crash(): Promise<void> {
    const next = this.#place.afterKill();
    await this.#backend.close();
    this.#place = next;
    this.#backend = next.open('db.sqlite');
    this.#model = this.#committed.clone();
    this.#committing = undefined;
  }

  async #reopen(): Promise<void> {
    await this.#backend.close();
    this.#backend = this.#place.open('db.sqlite');
    this.#committed = this.#model.clone();
    this.#committing = undefined;
  }

  #compare(): void {
    const main = this.#rng.below(this.#nextMain + 2);
    const sub = this.#rng.below(3);
    const max = 1 + this.#rng.below(40);
    const rows = this.#backend.scanRevisions(main as Revision, sub, max);
    expect(
      rows.map((row) => `${row.main}.${row.sub} ${row.tombstone} ${Buffer.from(row.value)}`),
    ).toEqual(this.#model.scan(main, sub, max));
    const found = this.#backend.readRevision(main as Revision, sub);
    expect(found && Buffer.from(found).toString()).toBe(
      this.#model.revisions.get(`${main}.${sub}`)?.value,
    );
    const lease = [...this.#backend.bucketEntries('lease')].map(
      ([key, value]) => `lease/${Buffer.from(key)},${Buffer.from(value)}`,
    );
    expect(lease).toEqual(this.#model.bucket('lease'));
    const auth = this.#backend.bucketGet('auth', Buffer.from('k1'));
    expect(auth && Buffer.from(auth).toString()).toBe(this.#model.buckets.get('auth/k1'));
    expect(this.#backend.consistentIndex().index).toBe(this.#model.index);
  }

  close(): Promise<void> {
    return this.#backend.close();
  }
}

describe.each(BACKEND_KINDS)('the backend (%s) against a naive model', (_, place) => {
  it.each([1, 2, 3, 4])(
    'agrees through commits, crashes and reopenings (seed %i)',
    async (seed) => {
      const pair = new Pair(seed, place(directory));
      for (let i = 0; i < 250; i++) await pair.step();
      await pair.close();
    },
  );
});
