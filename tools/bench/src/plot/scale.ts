/** Where values lie on an axis whose decades are equally long. Values are above zero. */
export class LogScale {
  readonly least: number;
  readonly most: number;
  readonly #from: number;
  readonly #to: number;

  /** Reaches from `from` to `to` (pixels), and covers the values with some room. */
  constructor(values: readonly number[], from: number, to: number) {
    this.least = roundedDown(Math.min(...values));
    this.most = roundedUp(Math.max(...values));
    if (this.least === this.most) {
      this.least /= 10;
      this.most *= 10;
    }
    this.#from = from;
    this.#to = to;
  }

  at(value: number): number {
    const part = Math.log(value / this.least) / Math.log(this.most / this.least);
    return this.#from + part * (this.#to - this.#from);
  }

  /** Powers of ten; where there are few of them, twice and five times as much as well. */
  ticks(): readonly number[] {
    const steps = this.most / this.least <= 100 ? [1, 2, 5] : [1];
    const all: number[] = [];
    for (let decade = floorDecade(this.least); decade <= this.most; decade *= 10) {
      all.push(...steps.map((step) => tidy(decade * step)));
    }
    return all.filter((tick) => tick >= this.least && tick <= this.most);
  }
}

const STEPS = [1, 2, 5, 10];
/** Logarithms and their powers miss round numbers by a little. */
const tidy = (value: number): number => Number(value.toPrecision(6));
const floorDecade = (value: number): number => 10 ** Math.floor(Math.log10(value) + 1e-9);

function roundedUp(value: number): number {
  const decade = floorDecade(value);
  return tidy(decade * (STEPS.find((step) => decade * step >= value * (1 - 1e-9)) ?? 10));
}

function roundedDown(value: number): number {
  const decade = floorDecade(value);
  return tidy(decade * (STEPS.findLast((step) => decade * step <= value * (1 + 1e-9)) ?? 1));
}

/** 1200000 as "1.2M". */
export function short(value: number): string {
  if (value >= 1e6) return `${tidy(value / 1e6)}M`;
  if (value >= 1e3) return `${tidy(value / 1e3)}k`;
  return String(tidy(value));
}
