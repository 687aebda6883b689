import type { CancelTimer } from '@etcd-ts/foundation';
import { hexId } from '@etcd-ts/foundation';
import {
  CLOCK_DRIFT_LOG_MS,
  MAX_CLOCK_DRIFT_MS,
  PROBE_FAILURE_LOG_MS,
  PROBE_INTERVAL_MS,
  READ_TIMEOUT_MS,
} from '../limits.js';
import type { RemoteEndpoint } from './remote-endpoint.js';
import { readAnswer } from './remote-endpoint.js';

/** Weight of the newest round trip in the smoothed one, as TCP has it. */
const SMOOTHING = 0.125;

/** Asks a peer for the time now and then: how far away it is, and how far its clock is off. */
export class Prober {
  readonly #endpoint: RemoteEndpoint;
  readonly #cancel: CancelTimer;
  #probing = false;
  #smoothedMs = 0;
  #failureLoggedMs = -Infinity;
  #driftLoggedMs = -Infinity;

  constructor(endpoint: RemoteEndpoint) {
    this.#endpoint = endpoint;
    this.#cancel = endpoint.options.scheduler.every(PROBE_INTERVAL_MS, () => void this.#probe());
  }

  stop(): void {
    this.#cancel();
  }

  async #probe(): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    try {
      await this.#ask();
    } catch (error) {
      if (!this.#endpoint.stopped) {
        this.#failed(error instanceof Error ? error.message : String(error));
      }
    } finally {
      this.#probing = false;
    }
  }

  async #ask(): Promise<void> {
    const { clock, observer } = this.#endpoint.options;
    const startMs = clock.monotonicMs();
    const open = this.#endpoint.open({
      method: 'GET',
      path: '/raft/probing',
      silenceMs: READ_TIMEOUT_MS,
      connection: 'kept',
    });
    if (open === undefined) throw new Error('no peer URL');
    open.request.end();
    const response = await open.response;
    const remoteMs = parseHealth(await readAnswer(response));
    if (response.statusCode !== 200 || remoteMs === undefined) {
      throw new Error(`unexpected answer, http status ${response.statusCode ?? 0}`);
    }
    const roundTripMs = clock.monotonicMs() - startMs;
    this.#smoothedMs = (1 - SMOOTHING) * this.#smoothedMs + SMOOTHING * roundTripMs;
    observer.roundTrip(this.#endpoint.id, this.#smoothedMs / 1000);
    this.#checkClock(clock.wallMs() - remoteMs - this.#smoothedMs / 2);
  }

  #checkClock(driftMs: number): void {
    const { clock, logger } = this.#endpoint.options;
    if (Math.abs(driftMs) <= MAX_CLOCK_DRIFT_MS) return;
    if (clock.monotonicMs() - this.#driftLoggedMs < CLOCK_DRIFT_LOG_MS) return;
    this.#driftLoggedMs = clock.monotonicMs();
    logger.warn('prober found high clock drift', {
      ...this.#fields(),
      'clock-drift': `${driftMs / 1000}s`,
    });
  }

  #failed(error: string): void {
    const { clock, logger } = this.#endpoint.options;
    if (clock.monotonicMs() - this.#failureLoggedMs < PROBE_FAILURE_LOG_MS) return;
    this.#failureLoggedMs = clock.monotonicMs();
    logger.warn('prober detected unhealthy status', { ...this.#fields(), error });
  }

  #fields() {
    return {
      'round-tripper-name': 'ROUND_TRIPPER_RAFT_MESSAGE',
      'remote-peer-id': hexId(this.#endpoint.id),
      rtt: `${this.#smoothedMs / 1000}s`,
    };
  }
}

/** The peer's wall clock; undefined if the answer is none of a healthy peer. */
function parseHealth(body: string): number | undefined {
  let health: unknown;
  try {
    health = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof health !== 'object' || health === null) return undefined;
  if (!('OK' in health && health.OK === true && 'Now' in health)) return undefined;
  const wallMs = Date.parse(String(health.Now));
  return Number.isNaN(wallMs) ? undefined : wallMs;
}
