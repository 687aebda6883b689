import type { AlarmMember, ResponseHeader } from '@etcd-ts/wire-protocol';
import { AlarmResponse, AlarmType } from '@etcd-ts/wire-protocol';
import { field, headerFields, headerJson } from '../output/field-lines.js';
import { some } from '../output/json.js';
import type { Answer } from '../output/output.js';

const NAMES = new Map<number, string>(
  Object.entries(AlarmType).map(([name, type]) => [type, name]),
);

export const alarmName = (alarm: AlarmType): string => NAMES.get(alarm) ?? String(alarm);

export interface Alarms {
  readonly header: ResponseHeader | undefined;
  readonly alarms: readonly AlarmMember[];
}

export function alarmAnswer({ header, alarms }: Alarms): Answer {
  return {
    // As Go prints the message, with the blank that its text form ends in.
    simple: () =>
      alarms.map(({ memberID, alarm }) => `memberID:${memberID} alarm:${alarmName(alarm)} \n`),
    json: () => ({
      header: headerJson(header),
      alarms: some(
        alarms.map(({ memberID, alarm }) => ({ memberID: some(memberID), alarm: some(alarm) })),
      ),
    }),
    fields: () => [
      ...headerFields(header),
      ...alarms.flatMap(({ memberID, alarm }) => [
        field('MemberID', memberID),
        field('AlarmType', alarmName(alarm)),
        '\n',
      ]),
    ],
    protobuf: () => AlarmResponse.encode({ header, alarms: [...alarms] }).finish(),
  };
}
