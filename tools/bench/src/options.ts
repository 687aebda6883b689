import { parseArgs } from 'node:util';

/** How large everything is; a group uses what concerns it. */
export interface Sizes {
  /** Rounds of one server after the other. */
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Of the same work before it, on both sides, so that no server is measured by its start. */
  readonly warmUpSeconds: number;
  readonly keys: number;
  readonly watchers: number;
  readonly leases: number;
  /** Old ones for compaction, Defragment and snapshot to work on. */
  readonly revisions: number;
  /** Puts a second while that work goes on. */
  readonly pace: number;
}

export interface Options {
  readonly sizes: Sizes;
  /** Names of groups; all when empty. */
  readonly only: readonly string[];
  readonly write: boolean;
  readonly render: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

const FULL: Sizes = {
  ...{ rounds: 3, seconds: 3, warmUpSeconds: 1.5, keys: 1_000_000, watchers: 100_000 },
  ...{ leases: 100_000, revisions: 1_000_000, pace: 2_000 },
};
/** Large enough to see that everything works, too small for figures. */
const QUICK: Sizes = {
  ...{ rounds: 1, seconds: 0.5, warmUpSeconds: 0.3, keys: 20_000, watchers: 2_000 },
  ...{ leases: 2_000, revisions: 20_000, pace: 500 },
};

export const USAGE = `usage: npm run bench -- [options]
  --only NAME,...  these groups (default all); --list shows them with the minutes they take
  --list           the groups and how long each takes at the sizes asked for
  --rounds N       rounds of etcd, ours (default ${FULL.rounds})
  --seconds N      length of each measurement (default ${FULL.seconds})
  --warm-up N      seconds of the same work before each (default ${FULL.warmUpSeconds})
  --keys N         the largest store of the group "growth" (default ${FULL.keys})
  --watchers N     idle watchers (default ${FULL.watchers})
  --leases N       idle leases (default ${FULL.leases})
  --revisions N    revisions to compact (default ${FULL.revisions})
  --pace N         puts a second meanwhile (default ${FULL.pace})
  --quick          everything tiny
  --v2             the same as --only v2
  --write          merge into docs/benchmarks/results.json; document and plots follow from it,
                   with docs/benchmarks/notes.md below the targets
  --render         only make document and plots of what is recorded
`;

const TEXT = { type: 'string' } as const;
const SWITCH = { type: 'boolean' } as const;

export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ only: TEXT, rounds: TEXT, seconds: TEXT, 'warm-up': TEXT, keys: TEXT },
      ...{ watchers: TEXT, leases: TEXT, revisions: TEXT, pace: TEXT },
      ...{ list: SWITCH, quick: SWITCH, v2: SWITCH, write: SWITCH, render: SWITCH },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const size = (name: keyof Sizes, text: string | undefined): number => {
    const value = text === undefined ? (values.quick === true ? QUICK : FULL)[name] : Number(text);
    if (value > 0) return value;
    throw new Error(`${name}: ${text} is no size`);
  };
  const names = (values.only ?? '').split(',').filter((name) => name !== '');
  return {
    sizes: {
      rounds: size('rounds', values.rounds),
      seconds: size('seconds', values.seconds),
      warmUpSeconds: size('warmUpSeconds', values['warm-up']),
      keys: size('keys', values.keys),
      watchers: size('watchers', values.watchers),
      leases: size('leases', values.leases),
      revisions: size('revisions', values.revisions),
      pace: size('pace', values.pace),
    },
    only: values.v2 === true ? ['v2'] : names,
    write: values.write ?? false,
    render: values.render ?? false,
    list: values.list ?? false,
    help: values.help ?? false,
  };
}
