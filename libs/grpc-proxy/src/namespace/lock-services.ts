import type { KeySpace } from '@etcd-ts/client';
import { inwardKeyValue } from '@etcd-ts/client';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import { ElectionDefinition, LockDefinition } from '@etcd-ts/wire-protocol';
import type { LeaderKey } from '@etcd-ts/wire-protocol';
import type { Upstream } from '../upstream/upstream.js';

/** Locks whose keys are in the namespace. (The original's are outside, where others find them.) */
export function lockInNamespace(upstream: Upstream, space: KeySpace): BoundService {
  const calls = upstream.client.service(LockDefinition);
  const behindPrefix = (key: Buffer): Buffer => Buffer.concat([space.prefix, key]);
  return bindService(LockDefinition, {
    lock: async (request, call) => {
      const name = behindPrefix(request.name);
      const answer = await calls.lock({ ...request, name }, upstream.optionsFor(call));
      return { ...answer, key: space.inward(answer.key) };
    },
    unlock: ({ key }, call) => calls.unlock({ key: behindPrefix(key) }, upstream.optionsFor(call)),
  });
}

export function electionInNamespace(upstream: Upstream, space: KeySpace): BoundService {
  const calls = upstream.client.service(ElectionDefinition);
  const behindPrefix = (key: Buffer): Buffer => Buffer.concat([space.prefix, key]);
  const outward = (leader: LeaderKey | undefined): LeaderKey | undefined =>
    leader === undefined
      ? undefined
      : { ...leader, name: behindPrefix(leader.name), key: behindPrefix(leader.key) };
  const inward = (leader: LeaderKey | undefined): LeaderKey | undefined =>
    leader === undefined
      ? undefined
      : { ...leader, name: space.inward(leader.name), key: space.inward(leader.key) };
  return bindService(ElectionDefinition, {
    campaign: async (request, call) => {
      const named = { ...request, name: behindPrefix(request.name) };
      const answer = await calls.campaign(named, upstream.optionsFor(call));
      return { ...answer, leader: inward(answer.leader) };
    },
    proclaim: (request, call) =>
      calls.proclaim({ ...request, leader: outward(request.leader) }, upstream.optionsFor(call)),
    leader: async ({ name }, call) => {
      const answer = await calls.leader({ name: behindPrefix(name) }, upstream.optionsFor(call));
      return { ...answer, kv: inwardKeyValue(space, answer.kv) };
    },
    observe: async ({ name }, call, out) => {
      const request = { name: behindPrefix(name) };
      for await (const answer of calls.observe(request, upstream.optionsFor(call))) {
        const kv = inwardKeyValue(space, answer.kv);
        if (!out.write({ ...answer, kv })) await out.drained();
      }
    },
    resign: ({ leader }, call) =>
      calls.resign({ leader: outward(leader) }, upstream.optionsFor(call)),
  });
}
