import { completionAnswer, failure, shellScripts } from '@etcd-ts/command-line';
import type { Command } from '../command.js';

const SCRIPTS = shellScripts('etcdutl');
const SHELLS = ['bash', 'zsh', 'fish', 'powershell'];

export const COMPLETE: Command = {
  use: '__complete [command-line]',
  short: 'Request shell completion choices for the specified command-line',
  isHidden: true,
  takesRawArguments: true,
  run: async ({ path, args, streams }) => {
    streams.out(Buffer.from(completionAnswer(path.commands[0], args)));
    return 0;
  },
};

export const COMPLETION: Command = {
  use: `completion [${SHELLS.join('|')}]`,
  short: 'Generate completion script',
  validArguments: SHELLS,
  hasNoFlags: true,
  run: async ({ args, streams }) => {
    const [shell, ...more] = args;
    if (shell === undefined || more.length > 0) {
      throw failure(`accepts 1 arg(s), received ${args.length}`);
    }
    const found = SCRIPTS.find((each) => each.shell === shell);
    if (found === undefined) {
      throw failure(`invalid argument ${JSON.stringify(shell)} for "etcdutl completion"`);
    }
    streams.out(Buffer.from(found.script));
    return 0;
  },
};
