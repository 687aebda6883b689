import { sourceFiles } from './source-tree.js';

const METRICS = 'libs/observability/src/metrics/';
const MADE = /^\s+(\w+): (?:make\.|counters\()/gmu;

/** A name that is exported and never set is a promise nobody keeps; these are kept by saying so. */
const NEVER_SET: readonly string[] = [
  // Events wait in the history, not in queues: there are none pending.
  'pendingEvents',
  // Set where it is made.
  'runtimeVersion',
];

describe('every metric', () => {
  it('is set somewhere, but for those of the gRPC proxy in a member that is none', () => {
    const files = sourceFiles('.ts').filter(({ path }) => !path.endsWith('.spec.ts'));
    const made = files
      .filter(({ path }) => path.startsWith(METRICS))
      .flatMap(({ text }) => [...text.matchAll(MADE)].map(([, name = '']) => name));
    const users = files
      .filter(({ path }) => path.startsWith('libs/') && !path.startsWith(METRICS))
      .map(({ text }) => text)
      .join('\n');
    expect(made.length).toBeGreaterThan(80);
    const unset = made.filter(
      (name) => !name.startsWith('proxy') && !new RegExp(`\\b${name}\\b`, 'u').test(users),
    );
    expect(unset.sort()).toEqual([...NEVER_SET].sort());
  });
});
