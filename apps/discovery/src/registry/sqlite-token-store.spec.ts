import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import { SqliteTokenStore } from './sqlite-token-store.js';
import type { SqliteStoreOptions } from './sqlite-token-store.js';

const TOKEN = 'a'.repeat(32);
const HOUR_MS = 3_600_000;

let directory = '';
let nowMs = 1_000_000;
const stores: SqliteTokenStore[] = [];
const changes: (string | undefined)[] = [];

const open = (options: Partial<SqliteStoreOptions> = {}): SqliteTokenStore => {
  const store = new SqliteTokenStore({
    directory,
    ttlMs: HOUR_MS,
    maxTokens: 1000,
    maxBytes: 1024 ** 3,
    clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
    scheduler: SYSTEM_SCHEDULER,
    onChange: (token) => changes.push(token),
    onDiskFailure: (error) => {
      throw error;
    },
    ...options,
  });
  stores.push(store);
  return store;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'etcd-discovery-'));
  changes.length = 0;
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(directory, { recursive: true });
});

describe('the embedded token store', () => {
  it('has everything again after a restart, and goes on counting where it was', async () => {
    const before = open();
    await before.create(TOKEN, 2);
    await before.register(TOKEN, 'b', 'b=http://b:1');
    await before.register(TOKEN, 'a', 'a=http://a:1');
    const written = await before.read(TOKEN);
    await before.close();

    const after = open();
    expect(await after.read(TOKEN)).toEqual(written);
    expect(written).toEqual({
      token: TOKEN,
      size: 2,
      createdIndex: 1,
      revokedIndex: 0,
      index: 3,
      members: [
        { id: 'b', value: 'b=http://b:1', index: 2 },
        { id: 'a', value: 'a=http://a:1', index: 3 },
      ],
    });
    await after.create('b'.repeat(32), 1);
    expect((await after.read('b'.repeat(32)))?.createdIndex).toBe(4);
    expect(after.tokenCount).toBe(2);
  });

  it('decides between writers that come at once, in their order', async () => {
    const store = open();
    await store.create(TOKEN, 2);
    const ids = ['a', 'b', 'b', 'c'];
    const outcomes = await Promise.all(
      ids.map((id) => store.register(TOKEN, id, `${id}=http://h:1`)),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'registered',
      'registered',
      'exists',
      'complete',
    ]);
  });

  it('tells of each change after it is durable', async () => {
    const store = open();
    await store.create(TOKEN, 2);
    expect(changes).toEqual([]);
    await store.register(TOKEN, 'a', 'a=http://h:1');
    await store.remove(TOKEN, 'a');
    expect(changes).toEqual([TOKEN, TOKEN]);
    expect(await store.read(TOKEN)).toMatchObject({ members: [], revokedIndex: 3 });
  });

  it('knows a token for its time only, and then makes room for another', async () => {
    const store = open({ maxTokens: 1 });
    await store.create(TOKEN, 1);
    expect(await store.create('b'.repeat(32), 1)).toEqual({ kind: 'noRoom' });
    nowMs += HOUR_MS - 1;
    expect(await store.read(TOKEN)).toBeDefined();
    expect(await store.collect()).toBe(0);
    nowMs += 1;
    expect(await store.read(TOKEN)).toBeUndefined();
    expect(await store.register(TOKEN, 'a', 'a=http://h:1')).toEqual({ kind: 'unknownToken' });
    expect(await store.collect()).toBe(1);
    expect(changes).toEqual([TOKEN]);
    expect(await store.create('b'.repeat(32), 1)).toEqual({ kind: 'created' });
  });

  it('takes nothing new when it is full, and everything again when tokens have expired', async () => {
    const maxBytes = 128 * 1024;
    const store = open({ maxBytes, maxTokens: 1_000_000 });
    const value = `a=http://${'h'.repeat(4000)}:1`;
    await store.create(TOKEN, 1000);
    let members = 0;
    while ((await store.register(TOKEN, String(members), value)).kind === 'registered') members++;
    expect(members).toBeGreaterThan(15);
    expect(members).toBeLessThan(maxBytes / value.length);
    expect(await store.register(TOKEN, 'b', value)).toEqual({ kind: 'noRoom' });
    expect(await store.register(TOKEN, '0', value)).toMatchObject({ kind: 'exists' });
    expect(await store.create('b'.repeat(32), 1)).toEqual({ kind: 'noRoom' });
    nowMs += HOUR_MS;
    await store.collect();
    expect(await store.create('b'.repeat(32), 1)).toEqual({ kind: 'created' });
    expect(await store.register('b'.repeat(32), 'b', value)).toMatchObject({ kind: 'registered' });
  });

  it('collects more than one batch', async () => {
    const store = open({ maxTokens: 2000 });
    const token = (i: number) => i.toString(16).padStart(32, '0');
    await Promise.all(Array.from({ length: 1200 }, (_, i) => store.create(token(i), 1)));
    nowMs += HOUR_MS;
    expect(await store.collect()).toBe(1200);
    expect(store.tokenCount).toBe(0);
  });

  it('keeps a second process out', () => {
    open();
    expect(() => open()).toThrow('database is locked');
  });

  it('keeps what it was given before it was closed, and takes nothing after', async () => {
    const store = open();
    const written = store.create(TOKEN, 1);
    await store.close();
    expect(await written).toEqual({ kind: 'created' });
    await expect(store.read(TOKEN)).rejects.toThrow('the service is stopping');
    expect(await open().read(TOKEN)).toBeDefined();
  });
});
