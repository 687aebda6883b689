import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NameResolver } from '@etcd-ts/bootstrap';
import { errorText, parseListenAddress } from '@etcd-ts/daemon';
import type { RunningService } from '@etcd-ts/daemon';
import type { Zone } from '@etcd-ts/dns';
import { DnsServer, normalName } from '@etcd-ts/dns';
import type { CancelTimer, Logger, Scheduler } from '@etcd-ts/foundation';
import { createHttpFace, textReply } from '../http-face.js';
import type { PublishOptions } from '../options.js';
import { MemberSurvey } from './member-survey.js';
import { PublishMetrics } from './publish-metrics.js';
import { isInZone, zoneOf } from './published-zone.js';
import type { PublishedMember } from './published-zone.js';

export interface PublishParts {
  readonly resolver: Pick<NameResolver, 'addresses'>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

export interface PublishService extends RunningService {
  readonly dnsPort: number;
  readonly httpPort: number;
}

/** `etcd-srv publish`. Resolves when it listens; what it knows by then, /health says. */
export async function startPublishService(
  options: PublishOptions,
  parts: PublishParts,
): Promise<PublishService> {
  const { logger } = parts;
  const metrics = new PublishMetrics();
  const publisher = new Publisher(options, parts, metrics);
  const dns = await DnsServer.start({
    address: parseListenAddress(options.addr),
    zone: () => publisher.zone,
    onQuery: (type) => metrics.asked(type),
  });
  const http = createHttpFace(
    {
      '/health': () => {
        const { complaint } = publisher;
        return complaint === undefined ? textReply(200, 'OK') : textReply(503, `${complaint}\n`);
      },
      '/metrics': async () => {
        const { contentType, text } = await metrics.page();
        return { status: 200, contentType, body: text };
      },
    },
    (error) => logger.error('request failed', { error: errorText(error) }),
  );
  let httpPort: number;
  try {
    httpPort = await listen(http, options['http-addr']);
  } catch (error) {
    await dns.stop();
    throw error;
  }
  await publisher.start();
  const { port: dnsPort } = dns;
  logger.info('publishing', { domain: options.domain, 'dns-port': dnsPort, 'http-port': httpPort });
  const stop = async (): Promise<void> => {
    await publisher.stop();
    await dns.stop();
    http.closeAllConnections();
    await new Promise<void>((resolve) => http.close(() => resolve()));
    logger.info('stopped');
  };
  return { dnsPort, httpPort, stop };
}

function listen(server: Server, address: string): Promise<number> {
  const { host, port } = parseListenAddress(address);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== '' && { host }) }, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Keeps a zone as the cluster is. */
class Publisher {
  zone: Zone | undefined;
  complaint: string | undefined = 'the cluster has not been seen yet';
  readonly #options: PublishOptions;
  readonly #parts: PublishParts;
  readonly #metrics: PublishMetrics;
  readonly #survey: MemberSurvey;
  #running: Promise<void> = Promise.resolve();
  #cancelNext: CancelTimer = () => undefined;
  #isStopped = false;
  #shown = '';

  constructor(options: PublishOptions, parts: PublishParts, metrics: PublishMetrics) {
    this.#options = options;
    this.#parts = parts;
    this.#metrics = metrics;
    this.#survey = new MemberSurvey(options, parts.logger);
  }

  /** Resolves after the first look, whatever it has seen. */
  start(): Promise<void> {
    this.#running = this.#look().then(() => {
      if (this.#isStopped) return;
      this.#cancelNext = this.#parts.scheduler.after(this.#options.interval, () => {
        void this.start();
      });
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelNext();
    this.#survey.close();
    await this.#running;
  }

  async #look(): Promise<void> {
    try {
      const members = await this.#survey.take();
      if (this.#isStopped) return;
      this.#metrics.surveyed('success');
      this.#metrics.members(members);
      this.#logChange(members);
      const serves = members.some(({ isServing }) => isServing);
      this.complaint = serves ? undefined : 'no member serves';
      this.zone = zoneOf(
        {
          domain: normalName(this.#options.domain),
          suffix: this.#options['server-name'],
          ttlSeconds: Math.round(this.#options.ttl / 1000),
          addresses: await this.#ownAddresses(members),
        },
        members,
      );
    } catch (error) {
      if (this.#isStopped) return;
      this.#metrics.surveyed('failure');
      this.complaint = `the cluster cannot be seen: ${errorText(error)}`;
      this.#parts.logger.warn('failed to look at the cluster', { error: errorText(error) });
    }
  }

  /** Hosts inside of the zone are ours to tell, and known from elsewhere: hosts(5), for one. */
  async #ownAddresses(
    members: readonly PublishedMember[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const urls = members.flatMap(({ peerUrls, clientUrls }) => [...peerUrls, ...clientUrls]);
    const hosts = new Set(urls.map(({ host }) => normalName(host)));
    const own = [...hosts].filter((host) => isInZone(this.#options.domain, host));
    const found = await Promise.all(
      own.map(async (host) => ({ host, lookup: await this.#parts.resolver.addresses(host) })),
    );
    const addresses = new Map<string, readonly string[]>();
    for (const { host, lookup } of found) {
      if (lookup.kind === 'found') {
        const texts = lookup.records.map(({ address }) => address);
        addresses.set(host, texts);
      } else {
        this.#parts.logger.warn('no address for a host of the zone', { reason: lookup.reason });
      }
    }
    return addresses;
  }

  #logChange(members: readonly PublishedMember[]): void {
    const nameOf = ({ name, id }: PublishedMember): string => (name === '' ? id : name);
    const serving = members.filter(({ isServing }) => isServing).map(nameOf);
    const others = members.filter(({ isServing }) => !isServing).map(nameOf);
    const shown = `${serving.join(',')};${others.join(',')}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#parts.logger.info('members', { serving, others });
  }
}
