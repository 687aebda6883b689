import type { NodeStatus } from './node-status.js';
import { probeFailure } from './probe.js';

describe('a probe', () => {
  it('does not wait for a node that has stopped answering, and tells it to give up', async () => {
    let told: AbortSignal | undefined;
    const stuck = {
      probeRead: (_kind: string, signal: AbortSignal) => {
        told = signal;
        return new Promise<void>(() => undefined);
      },
    } as Partial<NodeStatus> as NodeStatus;
    expect(await probeFailure(stuck, 'linearizable', 5)).toBe('etcdserver: request timed out');
    expect(told?.aborted).toBe(true);
  });
});
