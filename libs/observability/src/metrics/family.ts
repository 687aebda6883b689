import { assert } from '@etcd-ts/foundation';

/**
 * Series one family may hold. Label values can come from outside (a client names its API version),
 * and each new one is memory for the life of the node. All gRPC methods times all codes are some
 * 850, so this is far from what an honest node needs.
 */
export const MAX_SERIES_PER_FAMILY = 4096;
const OVERFLOW_LABEL = 'other';

export interface Series<Instrument> {
  /** Name to value. The same object for the life of the series. */
  readonly labels: Readonly<Record<string, string>>;
  readonly instrument: Instrument;
}

/** One metric with labels: an instrument for each combination of label values. */
export class Family<Instrument> {
  readonly labelNames: readonly string[];
  readonly #create: () => Instrument;
  readonly #series = new Map<string, Series<Instrument>>();
  /** The same request over and over is the common load: it need not build a key each time. */
  #latest: { readonly labels: readonly string[]; readonly instrument: Instrument } | undefined;

  constructor(labelNames: readonly string[], create: () => Instrument) {
    this.labelNames = labelNames;
    this.#create = create;
  }

  /**
   * The instrument of these label values, in the order of `labelNames`; made at the first call.
   * Keep it where the call is hot. A family that is full answers with one shared series.
   */
  with(...labels: readonly string[]): Instrument {
    assert(labels.length === this.labelNames.length, 'one value for each label name');
    const latest = this.#latest;
    if (latest !== undefined && areEqual(latest.labels, labels)) return latest.instrument;
    const instrument = this.#find(labels);
    this.#latest = { labels, instrument };
    return instrument;
  }

  /** The instrument of these values, all other series removed: for "1 for the label that is true". */
  only(...labels: readonly string[]): Instrument {
    this.#series.clear();
    this.#latest = undefined;
    return this.with(...labels);
  }

  remove(...labels: readonly string[]): void {
    this.#series.delete(keyOf(labels));
    this.#latest = undefined;
  }

  series(): Iterable<Series<Instrument>> {
    return this.#series.values();
  }

  #find(labels: readonly string[]): Instrument {
    const found = this.#series.get(keyOf(labels));
    if (found !== undefined) return found.instrument;
    return this.#add(
      this.#series.size < MAX_SERIES_PER_FAMILY ? labels : labels.map(() => OVERFLOW_LABEL),
    );
  }

  #add(values: readonly string[]): Instrument {
    const key = keyOf(values);
    const found = this.#series.get(key);
    if (found !== undefined) return found.instrument;
    const instrument = this.#create();
    const labels = Object.fromEntries(this.labelNames.map((name, i) => [name, values[i] ?? '']));
    this.#series.set(key, { labels, instrument });
    return instrument;
  }
}

// The separator cannot be part of a label value that came over HTTP/2 or is a name of ours.
const keyOf = (labels: readonly string[]): string =>
  labels.length === 1 ? (labels[0] as string) : labels.join('\0');

function areEqual(some: readonly string[], others: readonly string[]): boolean {
  for (let i = 0; i < others.length; i++) if (some[i] !== others[i]) return false;
  return true;
}
