import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  eventually,
  type ClusterMember,
  type EtcdProcess,
  type LaunchChange,
} from '@etcd-ts/testkit';

import type { ChaosFault, Site } from './chaos-fault.js';

/** strace runs beside the node (-D), so that the process that is watched is the node itself. */
function injecting(calls: string, what: string): readonly string[] {
  const inject = `inject=${calls}:${what}`;
  return ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
}

const END_TIMEOUT_MS = 30_000;
/** Of the calls of a member that starts; the error comes when it serves. */
const CALLS_BEFORE = 40;

async function anyone({ cluster, rng }: Site): Promise<ClusterMember> {
  return rng.below(2) === 0 ? cluster.leader() : cluster.follower();
}

/** Launches the member again, with something wrong around it, and does not wait until it is ready. */
async function relaunched(member: ClusterMember, change: LaunchChange): Promise<EtcdProcess> {
  await member.stop('SIGTERM');
  return member.launch(change);
}

async function restarted(member: ClusterMember, change: LaunchChange): Promise<void> {
  await (await relaunched(member, change)).ready();
}

/** After a failed write nothing may be acknowledged: the member has to end, and with a failure. */
function failingDisk(name: string, calls: string, error: string): ChaosFault {
  return {
    name,
    row: 'F9',
    lastsMs: [0, 100],
    inflict: async (site) => {
      const member = await anyone(site);
      const wrapper = injecting(calls, `error=${error}:when=${CALLS_BEFORE}+`);
      const node = await relaunched(member, { wrapper });
      const keepWriting = setInterval(() => void site.load.pulse(member, 1_000), 20);
      const exit = await node.exit(END_TIMEOUT_MS).finally(() => clearInterval(keepWriting));
      const said = node.log.includes(error);
      return {
        heal: () => member.start(),
        proof: () =>
          exit.code !== 0 && said ? `ended with ${exit.code ?? exit.signal}` : undefined,
      };
    },
  };
}

const SLOW_DISK: ChaosFault = {
  name: 'fsync takes a second longer',
  row: 'F9',
  lastsMs: [3_000, 6_000],
  inflict: async (site) => {
    const member = await anyone(site);
    const before = member.log.length;
    // It may not get ready in all that time: the short log of the others is cut before it has caught up.
    await relaunched(member, { wrapper: injecting('fdatasync', 'delay_enter=1000000') });
    return {
      heal: () => restarted(member, {}),
      proof: () =>
        /slow fdatasync|takes no writes/u.test(member.log.slice(before))
          ? 'slow fdatasync logged'
          : undefined,
    };
  },
};

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const JUMP_SECONDS = 60;
const JUMPS_EVERY_MS = 500;

/** What faketime is to tell, in its own words; it looks at each call. */
type FalseTime = () => string;

/** Forward first: what a member logs as it starts shows it. */
function jumping(): FalseTime {
  let sign = -1;
  return () => `${(sign = -sign) > 0 ? '+' : '-'}${JUMP_SECONDS}`;
}

/** The time of day is wrong; the monotonic clock is the machine's own. */
function wrongClock(name: string, liar: () => FalseTime, feltSeconds: number): ChaosFault {
  return {
    name,
    row: 'F8',
    lastsMs: [4_000, 8_000],
    inflict: async (site) => {
      if (!existsSync(LIBRARY)) throw new Error('faketime is not installed');
      const member = await anyone(site);
      const file = join(member.dataDir, '..', `${member.name}.faketime`);
      const tell = liar();
      const write = (): void => writeFileSync(file, `${tell()}\n`);
      write();
      await restarted(member, {
        env: {
          LD_PRELOAD: LIBRARY,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
        },
      });
      const writing = setInterval(write, JUMPS_EVERY_MS);
      let aheadSeconds = 0;
      return {
        heal: async () => {
          clearInterval(writing);
          await member.stop('SIGTERM');
          aheadSeconds = clockAhead(member);
          await member.start();
        },
        proof: () =>
          aheadSeconds > feltSeconds ? `its log was ${aheadSeconds.toFixed(0)} s ahead` : undefined,
      };
    },
  };
}

/** By how much lines of its log are from the future; one from the past may just be old. */
function clockAhead(member: ClusterMember): number {
  const times = [...member.log.slice(-20_000).matchAll(/"ts":"([^"]+)"/gu)];
  const ahead = times.map(([, ts]) => (Date.parse(ts ?? '') - Date.now()) / 1000);
  return Math.max(0, ...ahead.filter((seconds) => Number.isFinite(seconds)));
}

const GROUP = '/sys/fs/cgroup/memory';

/** A group counts what its members take from then on. */
const MEMORY_LEFT_BYTES = 8 * 1024 * 1024;

/** A little more than it uses, and no more: the kernel ends it. */
const MEMORY: ChaosFault = {
  name: 'memory runs out',
  row: 'F16',
  lastsMs: [2_000, 4_000],
  inflict: async (site) => {
    const member = await anyone(site);
    const group = join(GROUP, `etcd-ts-${member.process.pid}`);
    mkdirSync(group);
    writeFileSync(join(group, 'cgroup.procs'), String(member.process.pid));
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(MEMORY_LEFT_BYTES));
    const ended = await eventually(
      'it is ended',
      () => (member.isUp ? undefined : true),
      END_TIMEOUT_MS,
    ).catch(() => false);
    return {
      heal: async () => {
        if (member.isUp) await member.kill();
        rmdirSync(group);
        await member.start();
      },
      proof: () => (ended ? 'ended by the kernel' : undefined),
    };
  },
};

export const MACHINE_FAULTS: readonly ChaosFault[] = [
  failingDisk('fdatasync fails with EIO', 'fdatasync,fsync', 'EIO'),
  failingDisk('writes fail with ENOSPC', 'pwrite64,pwritev,pwritev2', 'ENOSPC'),
  SLOW_DISK,
  wrongClock('time of day jumps by ± 60 s', jumping, JUMP_SECONDS / 2),
  wrongClock('time of day runs twice as fast', () => () => '+0 x2', 2),
  MEMORY,
];
