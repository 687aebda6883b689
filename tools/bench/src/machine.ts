import { cpus, release, totalmem } from 'node:os';

import { runCommand, serverCommand } from '@etcd-ts/testkit';

/** Where and with what the figures were taken, one fact a line. */
export async function describeMachine(): Promise<readonly string[]> {
  const firstLine = async (file: string, args: readonly string[]): Promise<string> =>
    (await runCommand(file, args)).stdout.split('\n')[0] ?? '';
  const processors = cpus();
  return [
    `${processors.length} x ${processors[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `node ${process.version}`,
    await firstLine('h2load', ['--version']),
    `reference: ${await firstLine(serverCommand('reference'), ['--version'])}`,
    `commit: ${await firstLine('git', ['rev-parse', 'HEAD'])}`,
  ];
}
