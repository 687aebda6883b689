import { parseEndpointUrl } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import { hexId, must, NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';

import type { Member } from '../member.js';
import { SYSTEM_CLOCK } from '../system-time.js';
import { memberConfig, MemberFixture } from './member-fixture.js';
import type { OpenedMember } from './member-fixture.js';
import { MemberNetwork } from './member-network.js';

/** Quick elections, since tests wait for several, but slower than the fsyncs of a busy machine. */
const TICKS = { heartbeatIntervalMs: 30, electionTimeoutMs: 300 };
const WAIT_MS = 60_000;

/** Several members over real files, one network and one process; gone after each test. */
export class ClusterFixture {
  readonly #members = new MemberFixture();
  readonly network = new MemberNetwork(() => SYSTEM_CLOCK.monotonicMs());
  readonly #directories = new Map<string, string>();

  urlOf(name: string): string {
    return `http://${name}.test:2380`;
  }

  directory(name: string): string {
    const known = this.#directories.get(name) ?? this.#members.directory();
    this.#directories.set(name, known);
    return known;
  }

  forget(name: string): void {
    this.#directories.delete(name);
  }

  async open(
    name: string,
    names: readonly string[],
    changes: Partial<ServerConfig> = {},
  ): Promise<OpenedMember> {
    const url = this.urlOf(name);
    const parsed = parseEndpointUrl(url);
    const own = must(parsed.kind === 'ok' ? parsed.value : undefined, 'a URL');
    const config = memberConfig(this.directory(name), {
      ...TICKS,
      name,
      initialAdvertisePeerUrls: [own],
      initialCluster: names.map((each) => `${each}=${this.urlOf(each)}`).join(','),
      ...changes,
    });
    const opened = await this.#members.open(config, undefined, this.network.peersOf(url));
    this.network.serve(url, opened.member);
    return opened;
  }

  /** A new cluster of these members, all of them serving. */
  async start(
    names: readonly string[],
    changes: Partial<ServerConfig> = {},
  ): Promise<readonly OpenedMember[]> {
    const opened = await Promise.all(names.map((name) => this.open(name, names, changes)));
    await Promise.all(opened.map(({ member }) => member.ready));
    return opened;
  }

  close(): Promise<void> {
    return this.#members.close();
  }
}

export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = SYSTEM_CLOCK.monotonicMs() + WAIT_MS;
  while (!holds()) {
    if (SYSTEM_CLOCK.monotonicMs() > deadlineMs)
      throw new Error(`not within ${WAIT_MS}ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const idOf = ({ server }: Member): MemberId => server.facts.header().memberId;

/** Waits until all of them follow one of them. */
export async function leaderOf(members: readonly Member[]): Promise<Member> {
  const agreed = (): Member | undefined => {
    const leaders = new Set(members.map(({ server }) => server.facts.leader()));
    const [leader] = [...leaders];
    if (leaders.size !== 1 || leader === undefined || leader === NO_MEMBER) return undefined;
    return members.find((member) => idOf(member) === leader);
  };
  await eventually(`one leader of ${members.map((m) => hexId(idOf(m))).join(', ')}`, () =>
    Boolean(agreed()),
  );
  return must(agreed(), 'just seen');
}
