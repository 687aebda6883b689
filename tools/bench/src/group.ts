import type { Sizes } from './options.js';
import type { Row } from './record.js';

/** Told what goes on now, for the one who watches. */
export type Progress = (text: string) => void;

/** Measurements that are run and recorded together. */
export interface Group {
  readonly name: string;
  /** Heading and explanation in the document. */
  readonly title: string;
  readonly about: string;
  /** How long it takes about, on two idle cores. */
  readonly minutes: (sizes: Sizes) => number;
  readonly run: (sizes: Sizes, progress: Progress) => Promise<readonly Row[]>;
}

/** A server answers some seconds after it is asked to start, and is thrown away after its turn. */
export const START_SECONDS = 1.5;
