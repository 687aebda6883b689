import { COUNTERS } from '@etcd-ts/v2-store';
import type { FollowerReport, SelfReport, TrafficReport, V2Server } from '@etcd-ts/server';
import type { Answer, Exchange } from './exchange.js';
import { messageReply } from './failure-reply.js';
import { goString } from './go-json.js';
import { goDuration, rfc3339 } from './go-time.js';
import { json, methodNotAllowed, notFound } from './reply.js';

export const STATS_PREFIX = '/v2/stats/';
const METHODS = ['GET'];

/** /v2/stats: of the store, of this member, and of the leader's followers. */
export class StatsFace {
  readonly #server: V2Server;

  constructor(server: V2Server) {
    this.#server = server;
  }

  answer({ method, target }: Exchange): Answer {
    const page = this.#pages.get(target.path.slice(STATS_PREFIX.length));
    if (page === undefined) return notFound();
    return method === 'GET' ? page() : methodNotAllowed(METHODS);
  }

  /** A map: an object would have pages that nobody wrote, `constructor` for one. */
  readonly #pages: ReadonlyMap<string, () => Answer> = new Map([
    ['store', () => json(200, storeJson(this.#server))],
    ['self', () => json(200, selfJson(this.#server.self(), this.#server.nowNs()))],
    ['leader', () => this.#leaderPage()],
  ]);

  #leaderPage(): Answer {
    const followers = this.#server.followers();
    if (followers === undefined) return messageReply(403, 'not current leader');
    return json(200, leaderJson(this.#server.self().id, followers));
  }
}

function storeJson(server: V2Server): string {
  const counters = server.counters();
  const fields = COUNTERS.map((name) => `"${name}":${counters[name]}`);
  return `{${fields.join(',')},"watchers":${server.watcherCount()}}`;
}

function selfJson(self: SelfReport, nowNs: bigint): string {
  const leaderInfo =
    `{"leader":${goString(self.leader)},"uptime":"${goDuration(nowNs - self.leaderSinceNs)}",` +
    `"startTime":"${rfc3339(self.leaderSinceNs)}"}`;
  return (
    `{"name":${goString(self.name)},"id":${goString(self.id)},"state":"${self.state}",` +
    `"startTime":"${rfc3339(self.startTimeNs)}","leaderInfo":${leaderInfo},` +
    `${trafficJson('recv', self.received)},${trafficJson('send', self.sent)}}`
  );
}

function trafficJson(side: 'recv' | 'send', report: TrafficReport): string {
  const { appendRequests, packagesPerSecond = 0, bytesPerSecond = 0 } = report;
  const fields = [`"${side}AppendRequestCnt":${appendRequests}`];
  if (packagesPerSecond !== 0) fields.push(`"${side}PkgRate":${packagesPerSecond}`);
  if (bytesPerSecond !== 0) fields.push(`"${side}BandwidthRate":${bytesPerSecond}`);
  return fields.join(',');
}

function leaderJson(id: string, followers: Readonly<Record<string, FollowerReport>>): string {
  const entries = Object.entries(followers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([follower, { latency, counts }]) => {
      const { current, average, standardDeviation, minimum, maximum } = latency;
      const times = JSON.stringify({ current, average, standardDeviation, minimum, maximum });
      const numbers = JSON.stringify({ fail: counts.fail, success: counts.success });
      return `${goString(follower)}:{"latency":${times},"counts":${numbers}}`;
    });
  return `{"leader":${goString(id)},"followers":{${entries.join(',')}}}`;
}
