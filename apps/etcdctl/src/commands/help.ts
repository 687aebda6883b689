import type { Command, CommandPath } from '../command-line/command.js';
import { leafOf } from '../command-line/command.js';
import { childNamed } from '../command-line/find-command.js';
import { globalOptionsText, usageText } from '../command-line/usage.js';
import type { Invocation } from '../invocation.js';

export const HELP: Command = {
  use: 'help [command]',
  short: 'Help about any command',
  long: `
Help provides help for any command in the application.
Simply type etcdctl help [path to command] for full details.
`,
  run: runHelp,
};

export const OPTIONS: Command = {
  use: 'options',
  short: 'Print the list of options inherited by all commands',
  run: async ({ path, surroundings }) => {
    surroundings.streams.out(Buffer.from(globalOptionsText(path)));
    return 0;
  },
};

async function runHelp({ path, args, surroundings }: Invocation): Promise<number> {
  let found: CommandPath = { commands: [path.commands[0]] };
  for (const word of args) {
    const child = childNamed(leafOf(found), word);
    if (child === undefined) {
      const topic = args.map((arg) => `\`${arg}\``).join(' ');
      surroundings.streams.error(`Unknown help topic [${topic}]\n`);
      found = { commands: [path.commands[0]] };
      break;
    }
    found = { commands: [...found.commands, child] };
  }
  surroundings.streams.out(Buffer.from(usageText(found)));
  return 0;
}
