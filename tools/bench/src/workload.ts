import type { Load } from './load-command.js';
import type { Subject } from './subject.js';

/** What must be true of the server after a run for its figure to count. */
export interface Expectation {
  /** Revisions, leases and OK answers one call makes. */
  readonly revisions: 0 | 1;
  readonly leases: 0 | 1;
  readonly method: string;
}

export interface Done {
  readonly load: Load;
  /** Calls the server must have counted: not the same as requests for a fan-out. */
  readonly calls: number;
  /** Bytes one answer has at least; an answer that is an error has none. */
  readonly answerBytes: number;
}

export interface Workload {
  readonly name: string;
  /** What one unit of the figure is. */
  readonly unit: string;
  /** Whether `run` is told how many requests to make, or for how many seconds. */
  readonly sizing: 'requests' | 'seconds';
  /** Requests of the first, short run that finds out how many fill the time. */
  readonly pilotRequests: number;
  readonly expects: Expectation;
  readonly run: (subject: Subject, amount: number) => Promise<Done>;
}
