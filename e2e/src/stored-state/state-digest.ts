import { createHash } from 'node:crypto';

import type { EtcdServer } from '@etcd-ts/server';
import { type KeyValue, LeaseTimeToLiveRequest, RangeRequest } from '@etcd-ts/wire-protocol';

/** The key space at one revision. */
export interface KeyState {
  readonly revision: number;
  readonly compactRevision: number;
  /** HashKV up to the revision. */
  readonly hash: number;
  /** SHA-256 over everything of every key. */
  readonly contents: string;
}

/** All that a client can ask a member for, as text that is equal when all of it is. */
export interface StoredState extends KeyState {
  readonly leases: string;
  /** Users, roles, members, the v2 tree. */
  readonly others: string;
}

const EVERYTHING = Buffer.from([0]);

async function keysAt(server: EtcdServer, revision: number): Promise<readonly KeyValue[]> {
  const request = RangeRequest.create({
    key: EVERYTHING,
    rangeEnd: EVERYTHING,
    revision: BigInt(revision),
  });
  return (await server.keyValues.range(request)).kvs;
}

function contentsOf(keyValues: readonly KeyValue[]): string {
  const hash = createHash('sha256');
  for (const { key, value, createRevision, modRevision, version, lease } of keyValues) {
    hash.update(
      `${key.length} ${value.length} ${createRevision} ${modRevision} ${version} ${lease}\n`,
    );
    hash.update(key).update(value);
  }
  return hash.digest('hex');
}

/** Which keys each lease holds, as the keys themselves tell. */
function attachments(keyValues: readonly KeyValue[]): Map<bigint, string[]> {
  const attached = new Map<bigint, string[]>();
  for (const { key, lease } of keyValues) {
    if (lease !== 0n) attached.set(lease, [...(attached.get(lease) ?? []), key.toString()]);
  }
  return attached;
}

function leaseText(id: bigint, ttl: bigint, keys: readonly string[]): string {
  return `${id} for ${ttl} s: ${[...keys].sort().join(' ')}`;
}

async function leasesOf(server: EtcdServer): Promise<string> {
  const texts: string[] = [];
  for (const id of await server.leases.list()) {
    const request = LeaseTimeToLiveRequest.create({ ID: id, keys: true });
    const { grantedTTL, keys } = await server.leases.timeToLive(request);
    texts.push(
      leaseText(
        id,
        grantedTTL,
        keys.map((key) => key.toString()),
      ),
    );
  }
  return texts.sort().join('\n');
}

async function othersOf(server: EtcdServer): Promise<string> {
  const { users } = await server.auth.userList();
  const { roles } = await server.auth.roleList();
  const members = await server.cluster.members(false);
  const tree = server.v2.get('/1', { recursive: true, sorted: true });
  return JSON.stringify(
    {
      users: await Promise.all(
        users.map(async (name) => [name, (await server.auth.userGet(name)).roles]),
      ),
      roles: await Promise.all(
        roles.map(async (name) => [name, (await server.auth.roleGet(name)).perm]),
      ),
      members: members.map(({ id, name, peerUrls }) => [id, name, peerUrls]),
      // Its own index counts the starts of the member, too.
      tree: tree.kind === 'node' ? tree.node : tree,
    },
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
}

export async function readKeyState(server: EtcdServer, revision: number): Promise<KeyState> {
  const { hash, compactRevision } = await server.maintenance.hashKv(revision);
  const contents = contentsOf(await keysAt(server, revision));
  return { revision, compactRevision, hash, contents };
}

/** By one key at a time: what the leases must hold at a revision between two of their changes. */
export async function leasesAt(
  server: EtcdServer,
  revision: number,
  grants: ReadonlyMap<bigint, bigint>,
): Promise<string> {
  const attached = attachments(await keysAt(server, revision));
  const texts = [...grants].map(([id, ttl]) => leaseText(id, ttl, attached.get(id) ?? []));
  return texts.sort().join('\n');
}

export async function readState(server: EtcdServer): Promise<StoredState> {
  const { revision } = server.facts.header();
  const keys = await readKeyState(server, revision);
  return { ...keys, leases: await leasesOf(server), others: await othersOf(server) };
}
