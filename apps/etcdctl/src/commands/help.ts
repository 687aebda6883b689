import { helpTopic } from '@etcd-ts/command-line';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import { globalOptionsText, usageText } from '../usage.js';

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
  const topic = helpTopic(path.commands[0], args);
  if (topic.complaint !== undefined) surroundings.streams.error(topic.complaint);
  surroundings.streams.out(Buffer.from(usageText(topic.path)));
  return 0;
}
