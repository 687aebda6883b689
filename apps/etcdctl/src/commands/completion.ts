import { badArguments, completionAnswer, shellScripts } from '@etcd-ts/command-line';
import type { Command } from '../command.js';

export const COMPLETE: Command = {
  use: '__complete [command-line]',
  short: 'Request shell completion choices for the specified command-line',
  isHidden: true,
  takesRawArguments: true,
  run: async ({ path, args, surroundings }) => {
    surroundings.streams.out(Buffer.from(completionAnswer(path.commands[0], args)));
    return 0;
  },
};

export const COMPLETION: Command = {
  use: 'completion',
  short: 'Generate the autocompletion script for the specified shell',
  long: `
Generate the autocompletion script for etcdctl for the specified shell.
See each sub-command's help for details on how to use the generated script.
`,
  children: shellScripts('etcdctl').map(({ shell, usage, script }) => ({
    use: shell,
    short: `Generate the autocompletion script for ${shell}`,
    long: usage,
    hasNoFlags: true,
    run: async ({ args, surroundings }) => {
      if (args.length > 0) {
        throw badArguments(
          `unknown command ${JSON.stringify(args[0])} for "etcdctl completion ${shell}"`,
        );
      }
      surroundings.streams.out(Buffer.from(script));
      return 0;
    },
  })),
};
