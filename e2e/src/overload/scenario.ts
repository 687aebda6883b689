import type { EtcdCluster, RpcClient } from '@etcd-ts/testkit';

/** What a scenario plays on, and how large. */
export interface Stage {
  readonly cluster: EtcdCluster;
  /** 1 is the full size of each scenario. */
  readonly scale: number;
  /** A connection of its own to some member, closed when the scenario ends. */
  connect(member: number): RpcClient;
  /** What is going on, for somebody who waits. */
  show(text: string): void;
}

/** Too much of one thing. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** Elections are no surprise in it. */
  readonly elects?: boolean;
  /** Resolves with what happened, in a line; rejects when a promise was broken. */
  run(stage: Stage): Promise<string>;
}

/** So many of a scenario's full number, at least one. */
export function scaled(stage: Stage, full: number): number {
  return Math.max(1, Math.round(full * stage.scale));
}

export function expectTrue(condition: boolean, broken: string): void {
  if (!condition) throw new Error(broken);
}
