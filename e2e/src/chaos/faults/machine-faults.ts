import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { eventually, type ClusterMember, type LaunchChange } from '@etcd-ts/testkit';

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

/** Starts the member again, with something wrong around it. */
async function restarted(member: ClusterMember, change: LaunchChange): Promise<void> {
  await member.stop('SIGTERM');
  await member.start(change);
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
      await member.stop('SIGTERM');
      const node = await member.launch({ wrapper });
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
    await restarted(member, { wrapper: injecting('fdatasync', 'delay_enter=1000000') });
    const before = member.log.length;
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

/** The time of day jumps to and fro by a minute; the monotonic clock is the machine's own. */
const CLOCK: ChaosFault = {
  name: 'time of day jumps by ± 60 s',
  row: 'F8',
  lastsMs: [4_000, 8_000],
  inflict: async (site) => {
    if (!existsSync(LIBRARY)) throw new Error('faketime is not installed');
    const member = await anyone(site);
    const file = join(member.dataDir, '..', `${member.name}.faketime`);
    let sign = 1;
    const jump = (): void =>
      writeFileSync(file, `${(sign = -sign) > 0 ? '+' : '-'}${JUMP_SECONDS}\n`);
    jump();
    await restarted(member, {
      env: {
        LD_PRELOAD: LIBRARY,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      },
    });
    const jumping = setInterval(jump, JUMPS_EVERY_MS);
    let offSeconds = 0;
    return {
      heal: async () => {
        clearInterval(jumping);
        offSeconds = await clockError(member);
        await restarted(member, {});
      },
      proof: () =>
        offSeconds > JUMP_SECONDS / 2 ? `its log was ${offSeconds.toFixed(0)} s off` : undefined,
    };
  },
};

/** By how much the newest lines of its log differ from the time they were written at. */
async function clockError(member: ClusterMember): Promise<number> {
  const times = [...member.log.slice(-20_000).matchAll(/"ts":"([^"]+)"/gu)];
  const errors = times.map(([, ts]) => Math.abs(Date.parse(ts ?? '') - Date.now()) / 1000);
  return Promise.resolve(Math.max(0, ...errors.filter((seconds) => Number.isFinite(seconds))));
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
  CLOCK,
  MEMORY,
];
