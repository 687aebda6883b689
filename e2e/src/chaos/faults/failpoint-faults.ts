import { FAILPOINT_NAMES, type FailpointName } from '@etcd-ts/failpoint';
import { eventually, pause, type ClusterMember } from '@etcd-ts/testkit';
import {
  DefragmentRequest,
  MaintenanceDefinition,
  WatchCreateRequest,
  WatchDefinition,
  WatchProgressRequest,
} from '@etcd-ts/wire-protocol';

import type { ChaosFault, Site } from './chaos-fault.js';
import { leaveBehind } from './link-faults.js';

const REACHED_TIMEOUT_MS = 60_000;
/** Numbered apart from the clients of the load, and from those that disturb it. */
const COMPACTING_CLIENT = 600_000;
const BLOCK_MS = [2_000, 5_000] as const;
const WATCHERS_IN_TURN = 20;
const WATCHES_FOR_MS = 100;

/** Where the control interface of a member listens; its environment says so. */
function control({ setup }: ClusterMember): string {
  return `http://${setup.env?.['GOFAIL_HTTP'] ?? ''}`;
}

async function arm(member: ClusterMember, name: FailpointName, terms: string): Promise<void> {
  const response = await fetch(`${control(member)}/${name}`, { method: 'PUT', body: terms });
  if (response.status !== 204) throw new Error(`${name}: ${await response.text()}`);
}

async function disarm(member: ClusterMember, name: FailpointName): Promise<void> {
  await fetch(`${control(member)}/${name}`, { method: 'DELETE' });
}

/** What makes a member reach a point that traffic alone does not lead to. */
type Trigger = (site: Site, member: ClusterMember) => Promise<unknown>;

/** Written down like what clients ask: whoever reads below it is refused from then on. */
const compacting: Trigger = ({ load }, member) =>
  load.perform(COMPACTING_CLIENT, { kind: 'compact', revision: load.revision - 5 }, member, 2_000);
const defragmenting: Trigger = (_site, member) =>
  member.client.unary(
    MaintenanceDefinition,
    MaintenanceDefinition.methods.defragment,
    DefragmentRequest.fromPartial({}),
    { deadlineMs: 2_000 },
  );
const needingSnapshot: Trigger = async (site, member) => {
  await leaveBehind(site, member.name);
  site.cluster.links.heal();
};
/** A point on the way to a membership change: somebody joins, and leaves again afterwards. */
const reconfiguring: Trigger = async ({ cluster }) => {
  const joined = await cluster.add({ learner: true });
  await joined.start();
  await cluster.remove(joined);
  await cluster.retire(joined);
};
/** Watchers that have something to catch up on, and ask how far they are. */
const watching: Trigger = async ({ load }, member) => {
  const { watch } = WatchDefinition.methods;
  for (let i = 0; i < WATCHERS_IN_TURN && member.isUp; i++) {
    const stream = member.client.bidi(WatchDefinition, watch);
    stream.on('error', () => undefined).resume();
    const create = { key: Buffer.of(0), rangeEnd: Buffer.of(0) };
    const startRevision = BigInt(Math.max(1, load.revision - 1));
    const value = WatchCreateRequest.fromPartial({ ...create, startRevision });
    stream.write({ requestUnion: { $case: 'createRequest', value } });
    const progress = WatchProgressRequest.fromPartial({});
    stream.write({ requestUnion: { $case: 'progressRequest', value: progress } });
    await pause(WATCHES_FOR_MS);
    stream.cancel();
  }
};
const restarting: Trigger = async (_site, member) => {
  await member.stop('SIGKILL');
  await member.launch({ env: { GOFAIL_FAILPOINTS: 'beforePublishing=panic' } });
};

function triggerOf(name: FailpointName): Trigger | undefined {
  if (name.startsWith('compact')) return compacting;
  if (name === 'defragBeforeCopy') return defragmenting;
  if (name === 'beforeApplyOneConfChange') return reconfiguring;
  if (name === 'beforePublishing') return restarting;
  if (name === 'beforeSyncWatchers' || name === 'beforeProgressIfSync') return watching;
  return isOfSnapshots(name) ? needingSnapshot : undefined;
}

/** Leads a member to the point. That may fail: it asks a member that dies meanwhile. */
async function lead(member: ClusterMember, name: FailpointName, site: Site): Promise<void> {
  await triggerOf(name)?.(site, member).catch(() => undefined);
}

function isOfSnapshots(name: FailpointName): boolean {
  return /Snap|WALRelease|OpenSnapshot/u.test(name);
}

const FOLLOWERS_ONLY: readonly FailpointName[] = ['raftBeforeFollowerSend', 'raftDropHeartbeat'];

/** Others never come there: it takes a cluster of several. */
function isOfFollowers(name: FailpointName): boolean {
  return FOLLOWERS_ONLY.includes(name) || isOfSnapshots(name);
}

function minSizeFor(name: FailpointName): number {
  return isOfFollowers(name) ? 3 : 1;
}

async function victim(name: FailpointName, { cluster, rng }: Site): Promise<ClusterMember> {
  if (name === 'raftBeforeLeaderSend') return cluster.leader();
  if (isOfFollowers(name)) return cluster.follower();
  return rng.below(2) === 0 || cluster.members.length === 1 ? cluster.leader() : cluster.follower();
}

function crashing(name: FailpointName): ChaosFault {
  return {
    name: `${name}=panic`,
    row: 'F3',
    failpoints: true,
    minSize: minSizeFor(name),
    lastsMs: [0, 500],
    inflict: async (site) => {
      const member = await victim(name, site);
      const before = member.log.length;
      if (name !== 'beforePublishing') await arm(member, name, 'panic');
      const triggered = lead(member, name, site);
      const reached = await eventually(
        `${member.name} reaches ${name}`,
        () => (member.isUp ? undefined : true),
        REACHED_TIMEOUT_MS,
      ).catch(() => false);
      const said = reached && member.log.slice(before).includes(`failpoint panic: ${name}`);
      site.cluster.links.heal();
      return {
        heal: async () => {
          if (reached) await member.start();
          else await disarm(member, name);
          await triggered;
          // Whoever died there has not answered that somebody joined, whom everybody would go on dialling.
          if (triggerOf(name) === reconfiguring) await site.cluster.removeStrangers();
        },
        proof: () => (said ? `${member.name} died there` : undefined),
      };
    },
  };
}

/** Stands still there for a second: no crash, but everything that is timed goes wrong. */
function stalling(name: FailpointName, terms: string, title = `${name}=${terms}`): ChaosFault {
  return {
    name: title,
    row: title.startsWith('event loop') ? 'F7' : 'F3',
    failpoints: true,
    lastsMs: [1_000, 3_000],
    minSize: minSizeFor(name),
    inflict: async (site) => {
      const member = await victim(name, site);
      await arm(member, name, terms);
      const triggered = lead(member, name, site);
      let count = 0;
      return {
        heal: async () => {
          await triggered;
          count = await executions(member, name);
          await disarm(member, name);
        },
        proof: () => (count > 0 ? `acted ${count} times` : undefined),
      };
    },
  };
}

async function executions(member: ClusterMember, name: FailpointName): Promise<number> {
  const response = await fetch(`${control(member)}/${name}/count`);
  return response.status === 200 ? Number(await response.text()) : 0;
}

/** As a garbage collection or a synchronous library would. */
const BLOCKED_LOOP: ChaosFault = {
  ...stalling('raftBeforeAdvance', '', ''),
  name: 'event loop of the leader blocked 2-5 s',
  row: 'F7',
  inflict: (site) => {
    const [least, most] = BLOCK_MS;
    const durationMs = least + site.rng.below(most - least);
    return stalling('raftBeforeLeaderSend', `1*sleep(${durationMs})`).inflict(site);
  },
};

/** Reached only by watchers that were slow, or that ask how far they are: slept at, not died at. */
const SLEPT_AT: readonly FailpointName[] = [
  'beforeSendWatchResponse',
  'beforeSyncWatchers',
  'beforeProgressIfSync',
  'raftBeforeSave',
  'raftAfterSave',
];
/** Watchers that are slow are a matter of the client; what is dropped ends nobody. */
const NOT_DIED_AT: readonly FailpointName[] = ['beforeMoveVictims', 'raftDropHeartbeat'];

export const FAILPOINT_FAULTS: readonly ChaosFault[] = [
  BLOCKED_LOOP,
  ...FAILPOINT_NAMES.filter((name) => !NOT_DIED_AT.includes(name)).map(crashing),
  ...SLEPT_AT.map((name) => stalling(name, '2*sleep(1000)')),
  stalling('raftDropHeartbeat', '50.0%return'),
];
