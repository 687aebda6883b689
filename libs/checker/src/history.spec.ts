import { SeededRng } from '@etcd-ts/foundation';

import { decodeLines, encodeLines } from './history-codec.js';
import { HistoryRecorder } from './history.js';
import { honestRun } from './testing/honest-run.js';
import { EtcdMixWorkload } from './workload/mixes.js';

describe('a recorded history', () => {
  it('has operations by invocation, with unique moments on one clock', () => {
    let nowMs = 0;
    const recorder = new HistoryRecorder(() => nowMs++);
    const first = recorder.invoke(1, { kind: 'range', key: 'a' }, 'm1');
    const second = recorder.invoke(2, { kind: 'put', key: 'a', value: '1' });
    second.ok(2, { kind: 'put' });
    first.failed('notServed');
    const [one, two] = recorder.history();
    expect(one).toMatchObject({ id: 0, client: 1, member: 'm1', invokedAt: 1, returnedAt: 4 });
    expect(two).toMatchObject({ id: 1, client: 2, invokedAt: 2, returnedAt: 3, invokedAtMs: 1 });
    expect(two).not.toHaveProperty('member');
  });

  it('counts what never returned, and what got no answer, as unknown for ever', () => {
    const recorder = new HistoryRecorder(() => 0);
    recorder.invoke(1, { kind: 'range', key: 'a' });
    recorder.invoke(2, { kind: 'range', key: 'a' }).unknown();
    for (const { returnedAt, outcome } of recorder.history()) {
      expect([returnedAt, outcome.kind]).toEqual([Infinity, 'unknown']);
    }
  });

  it('refuses a second end of one operation', () => {
    const call = new HistoryRecorder(() => 0).invoke(1, { kind: 'range', key: 'a' });
    call.unknown();
    expect(() => call.failed('notServed')).toThrow('ended twice');
  });

  it('comes back from its lines as it was', () => {
    const workload = new EtcdMixWorkload();
    const rng = new SeededRng(1);
    const { history } = honestRun({
      rng,
      workload,
      operations: 300,
      clients: 4,
      lostPerHundred: 5,
    });
    const text = encodeLines(history);
    expect(text.split('\n')).toHaveLength(history.length + 1);
    expect(decodeLines(text)).toEqual(history);
    expect(() => decodeLines(text.slice(0, -5))).toThrow();
  });
});
