import { badArguments } from '@etcd-ts/command-line';
import { DowngradeRequest_DowngradeAction, DowngradeResponse } from '@etcd-ts/wire-protocol';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import { headerJson } from '../output/field-lines.js';
import { some } from '../output/json.js';

type Action = keyof typeof DowngradeRequest_DowngradeAction;

export const DOWNGRADE: Command = {
  use: 'downgrade <subcommand>',
  short: 'Downgrade related commands',
  children: [
    {
      use: 'validate <TARGET_VERSION>',
      short: 'Validate downgrade capability before starting downgrade',
      run: (invocation) => runDowngrade(invocation, 'VALIDATE', target(invocation)),
    },
    {
      use: 'enable <TARGET_VERSION>',
      short: 'Start a downgrade action to cluster',
      run: (invocation) => runDowngrade(invocation, 'ENABLE', target(invocation)),
    },
    {
      use: 'cancel',
      short: 'Cancel the ongoing downgrade action to cluster',
      run: (invocation) => runDowngrade(invocation, 'CANCEL', ''),
    },
  ],
};

function target({ args }: Invocation): string {
  const [version] = args;
  if (version === undefined) throw badArguments('TARGET_VERSION not provided');
  if (args.length > 1) throw badArguments('too many arguments');
  return version;
}

async function runDowngrade(
  invocation: Invocation,
  action: Action,
  version: string,
): Promise<number> {
  const { client, output } = await invocation.connect();
  const response = await client.maintenance.downgrade({
    action: DowngradeRequest_DowngradeAction[action],
    version,
  });
  const done = `Downgrade ${action.toLowerCase()} success, cluster version ${response.version}\n`;
  output.print({
    simple: () => [done],
    json: () => ({ header: headerJson(response.header), version: some(response.version) }),
    protobuf: () => DowngradeResponse.encode(response).finish(),
  });
  client.close();
  return 0;
}
