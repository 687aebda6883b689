/** One metric as a scrape shows it: what a dashboard or a rule relies on. */
export interface ScrapedFamily {
  readonly type: string;
  /** Sorted names of labels, per combination that occurs; without a histogram's `le`. */
  readonly labels: Set<string>;
  /** Of a histogram, as written, ascending. */
  readonly bounds: Set<string>;
  /** Every label with its value, per series; of a histogram those of its count. */
  readonly series: Set<string>;
}

const SERIES = /^(?<name>\w+)(?:\{(?<labels>.*)\})? \S+$/u;
const LABEL = /(?<label>\w+)="(?<value>(?:[^"\\]|\\.)*)"/gu;

export async function scrape(endpoint: string): Promise<ReadonlyMap<string, ScrapedFamily>> {
  return readScrape(await (await fetch(`http://${endpoint}/metrics`)).text());
}

/** Only families that have a series: some servers announce the others, too. */
export function readScrape(text: string): ReadonlyMap<string, ScrapedFamily> {
  const types = new Map<string, string>();
  const families = new Map<string, ScrapedFamily>();
  for (const line of text.split('\n')) {
    const [, keyword, typed = '', type = ''] = line.split(' ');
    if (line.startsWith('#')) {
      if (keyword === 'TYPE') types.set(typed, type);
      continue;
    }
    const { name, labels = '' } = SERIES.exec(line)?.groups ?? {};
    if (name === undefined) continue;
    const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/u, '');
    addSeries(families, family, types.get(family) ?? 'untyped', labels);
  }
  return families;
}

function addSeries(
  families: Map<string, ScrapedFamily>,
  name: string,
  type: string,
  text: string,
): void {
  const family = families.get(name) ?? {
    ...{ type, labels: new Set<string>() },
    ...{ bounds: new Set<string>(), series: new Set<string>() },
  };
  families.set(name, family);
  const labels = [...text.matchAll(LABEL)].map(({ groups }) => ({
    label: groups?.['label'] ?? '',
    value: groups?.['value'] ?? '',
  }));
  const quantileLabels = type === 'histogram' ? ['le'] : [];
  const own = labels.filter(({ label }) => !quantileLabels.includes(label));
  for (const { label, value } of labels) if (label === 'le') family.bounds.add(value);
  family.labels.add(
    own
      .map(({ label }) => label)
      .sort()
      .join(),
  );
  family.series.add(
    own
      .map(({ label, value }) => `${label}=${value}`)
      .sort()
      .join(),
  );
}
