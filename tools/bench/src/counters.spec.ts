import { okByMethod, sample, together, type Counters } from './counters.js';

const METRICS = `# TYPE etcd_debugging_mvcc_watcher_total gauge
etcd_debugging_mvcc_watcher_total 1000
grpc_server_handled_total{grpc_code="OK",grpc_method="Put",grpc_service="etcdserverpb.KV"} 12
grpc_server_handled_total{grpc_code="Unavailable",grpc_method="Put",grpc_service="a"} 5
`;

describe("the server's own counters", () => {
  it('are found by their whole name, and answers only count when they are OK', () => {
    expect(sample(METRICS, 'etcd_debugging_mvcc_watcher_total')).toBe(1000);
    expect(sample(METRICS, 'etcd_debugging_mvcc_watcher')).toBe(0);
    expect(okByMethod(METRICS)).toEqual(new Map([['Put', 12]]));
  });

  it('of several members are added where each does its part, not where all have the same', () => {
    const member = (answers: number, fsyncs: number): Counters => ({
      ...{ revision: 7, leases: 1, watchers: 2, cpuSeconds: 1, fsyncs },
      ok: new Map([['Put', answers]]),
    });
    expect(together([member(3, 10), member(4, 5)])).toEqual({
      ...{ revision: 7, leases: 1, watchers: 4, cpuSeconds: 2, fsyncs: 5 },
      ok: new Map([['Put', 7]]),
    });
  });
});
