import { runProgram, usageText } from '@etcd-ts/command-line';
import type { AnyCommandPath, Command, FlagValues } from '@etcd-ts/command-line';
import { errorText } from '@etcd-ts/daemon';
import { GATEWAY } from './gateway-command.js';
import { GRPC_PROXY } from './grpc-proxy-command.js';

const ETCD: Command<FlagValues> = {
  use: 'etcd',
  short: 'etcd server',
  children: [GATEWAY, GRPC_PROXY],
};

/** `etcd gateway ...`, `etcd grpc-proxy ...`: runs it, to the exit code. */
export const runProxyCommand = (words: readonly string[]): Promise<number> =>
  runProgram(ETCD, words, {
    streams: {
      out: (bytes) => void process.stdout.write(bytes),
      error: (text) => void process.stderr.write(text),
    },
    helpText,
    complaint: (path, message) => ({ out: '', error: `Error: ${message}\n${usageText(path)}\n` }),
    callOf: ({ flags }) => flags,
    failureText: errorText,
  });

function helpText(path: AnyCommandPath): string {
  return `${path.commands.at(-1)?.short ?? ''}\n\n${usageText(path)}`;
}
