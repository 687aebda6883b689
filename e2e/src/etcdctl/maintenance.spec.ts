import type { CommandResult } from '@etcd-ts/testkit';

import { usePair } from './pair.js';
import { inEveryFormat, itAnswersTheSame } from './script.js';

const pair = usePair();

describe('maintenance commands answer as the original', () => {
  itAnswersTheSame(pair, [
    ...['a', 'b', 'c'].map((key) => `put ${key} ${key}${key}`),
    'del b',
    ...inEveryFormat('endpoint hashkv'),
    'endpoint hashkv --rev 3 -w json',
    'endpoint hashkv --rev 2',
    'endpoint hashkv --rev 1000',
    'compaction 4',
    'endpoint hashkv -w json',
    // Not at 4 itself: 3.4 refuses what newer servers answer.
    'endpoint hashkv --rev 3',
    'endpoint health',
    'endpoint health -w json',
    'endpoint health -w fields',
    'endpoint health --cluster=false',
    'alarm list',
    'alarm disarm',
    'alarm nonsense',
    'defrag',
    'get "" --prefix -w json',
    ...inEveryFormat('member list'),
    'member list --hex -w json',
    'member list --hex',
    'member remove zz',
    'member remove',
    'member add',
    'member add new',
    'move-leader 1234',
    'nonsense',
    'endpoint nonsense',
  ]);

  it('describes the endpoint, but for sizes and its version', async () => {
    // dbSize and the version are each server's own, and so is where its raft log stands.
    const comparable = ({ stdout }: CommandResult): unknown => {
      const [{ Status: status, Endpoint: endpoint }] = JSON.parse(stdout) as [
        { Status: Record<string, unknown>; Endpoint: string },
      ];
      const { header, leader, raftTerm } = status;
      const applied = status['raftIndex'] === status['raftAppliedIndex'];
      return { endpoint, header, leader, raftTerm, applied, fields: Object.keys(status) };
    };
    const { ours, reference } = await pair().run(['endpoint', 'status', '-w', 'json']);
    expect(comparable(ours)).toEqual(comparable(reference));
  });

  it.each(['simple', 'table', 'fields'])('prints endpoint status as %s', async (format) => {
    const shape = ({ stdout }: CommandResult): string =>
      stdout
        .replaceAll(/\d+(\.\d+)*( [kM]?B)?/g, 'N')
        .replaceAll(/-+/g, '-')
        .replaceAll(/ +/g, ' ');
    const { ours, reference } = await pair().run(['endpoint', 'status', '-w', format]);
    expect(shape(ours)).toBe(shape(reference));
    expect(ours.exitCode).toBe(reference.exitCode);
  });
});
