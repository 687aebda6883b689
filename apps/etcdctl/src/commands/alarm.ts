import { badArguments } from '@etcd-ts/command-line';
import { AlarmRequest_AlarmAction, AlarmType } from '@etcd-ts/wire-protocol';
import type { AlarmMember } from '@etcd-ts/wire-protocol';
import { alarmAnswer } from '../answers/alarm.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';

export const ALARM: Command = {
  use: 'alarm <subcommand>',
  short: 'Alarm related commands',
  children: [
    { use: 'list', short: 'Lists all alarms', run: runList },
    { use: 'disarm', short: 'Disarms all alarms', run: runDisarm },
  ],
};

const LIST = { action: AlarmRequest_AlarmAction.GET, memberID: 0n, alarm: AlarmType.NONE };

async function runList(invocation: Invocation): Promise<number> {
  if (invocation.args.length > 0) throw badArguments('alarm list command accepts no arguments');
  const { client, output } = await invocation.connect();
  output.print(alarmAnswer(await client.maintenance.alarm(LIST)));
  client.close();
  return 0;
}

async function runDisarm(invocation: Invocation): Promise<number> {
  if (invocation.args.length > 0) throw badArguments('alarm disarm command accepts no arguments');
  const { client, output } = await invocation.connect();
  const { alarms } = await client.maintenance.alarm(LIST);
  const disarmed: AlarmMember[] = [];
  for (const { memberID, alarm } of alarms) {
    const action = AlarmRequest_AlarmAction.DEACTIVATE;
    disarmed.push(...(await client.maintenance.alarm({ action, memberID, alarm })).alarms);
  }
  // Of several answers into one, which has no header of its own.
  output.print(alarmAnswer({ header: undefined, alarms: disarmed }));
  client.close();
  return 0;
}
