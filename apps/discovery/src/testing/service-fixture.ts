import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommandLine, SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import type { CancelTimer, Scheduler } from '@etcd-ts/foundation';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { startDiscoveryService } from '../discovery-service.js';
import type { DiscoveryService } from '../discovery-service.js';
import { HEARTBEAT_MS } from '../http/long-polls.js';
import { OPTIONS } from '../options.js';

export interface Answer {
  readonly status: number;
  readonly index: string | null;
  readonly body: string;
}

/** The machine's own time, except that a test says when a heartbeat is due. */
class HeartbeatOnDemand implements Scheduler {
  beat: () => void = () => undefined;
  after = SYSTEM_SCHEDULER.after;
  soon = SYSTEM_SCHEDULER.soon;
  every(intervalMs: number, callback: () => void): CancelTimer {
    if (intervalMs !== HEARTBEAT_MS) return SYSTEM_SCHEDULER.every(intervalMs, callback);
    this.beat = callback;
    return () => undefined;
  }
}

/** The service in this process, over a directory that outlives its restarts within one test. */
export class ServiceFixture {
  service: DiscoveryService | undefined;
  origin = '';
  /** What the service's clock shows; it stands still unless a test moves it. */
  aheadMs = 0;
  #directory = '';
  readonly #scheduler = new HeartbeatOnDemand();

  open(): void {
    this.aheadMs = 0;
    this.#directory = mkdtempSync(join(tmpdir(), 'etcd-discovery-'));
  }

  async close(): Promise<void> {
    await this.service?.stop();
    this.service = undefined;
    rmSync(this.#directory, { recursive: true });
  }

  async start(...flags: string[]): Promise<void> {
    const argv = ['--addr', '127.0.0.1:0', '--data-dir', this.#directory, ...flags];
    const parsed = parseCommandLine(OPTIONS, { argv, env: {}, envPrefix: 'DISC' });
    if (parsed.kind !== 'ok') throw new Error(JSON.stringify(parsed));
    this.service = await startDiscoveryService(parsed.values, {
      logger: SILENT_LOGGER,
      clock: {
        monotonicMs: () => this.aheadMs,
        wallMs: () => this.aheadMs,
      },
      scheduler: this.#scheduler,
      onFatal: () => undefined,
    });
    this.origin = `http://127.0.0.1:${this.service.port}`;
  }

  beat(): void {
    this.#scheduler.beat();
  }

  async newToken(query = ''): Promise<string> {
    return (await get(`${this.origin}/new${query}`)).body;
  }
}

export async function call(method: string, url: string, form?: string): Promise<Answer> {
  const response = await fetch(url, {
    method,
    ...(form !== undefined && {
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  });
  const body = await response.text();
  return { status: response.status, index: response.headers.get('x-etcd-index'), body };
}

export const get = (url: string): Promise<Answer> => call('GET', url);

export const put = (url: string, value: string): Promise<Answer> =>
  call('PUT', `${url}?prevExist=false`, `value=${encodeURIComponent(value)}`);
