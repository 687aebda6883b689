import { cpus, release, totalmem } from 'node:os';

import { runCommand, serverCommand } from '@etcd-ts/testkit';

import type { Run } from './record.js';

async function firstLine(file: string, args: readonly string[]): Promise<string> {
  return (await runCommand(file, args)).stdout.split('\n')[0] ?? '';
}

/** Where, when and with what figures are taken. */
export async function describeRun(command: string, loadAverage: number): Promise<Run> {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    day: new Date().toISOString().slice(0, 10),
    command,
    commit: await firstLine('git', ['rev-parse', 'HEAD']),
    machine: [
      `${processors.length} x ${processors[0]?.model ?? 'unknown processor'}, ${memory}, Linux ${release()}`,
      `node ${process.version}`,
      await firstLine('h2load', ['--version']),
      `reference: ${await firstLine(serverCommand('reference'), ['--version'])}`,
    ],
    loadAverage,
  };
}
