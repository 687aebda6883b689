import fc from 'fast-check';
import { environmentName, FLAGS, OPTIONS } from './option-schema.js';
import type { Option } from './option-schema.js';
import { defaultValue } from './option-value.js';
import { config } from './testing/parsing.js';

describe('one value in three forms', () => {
  const textByKind = {
    bool: fc.boolean().map(String),
    int: fc.integer({ min: 1, max: 1e9 }).map(String),
    uint: fc.integer({ min: 1, max: 1e9 }).map(String),
    uint32: fc.integer({ min: 0, max: 4294967295 }).map(String),
    duration: fc.integer({ min: 100, max: 1e9 }).map((ms) => `${ms}ms`),
    string: fc.stringMatching(/^[a-z]{1,8}$/u),
    list: fc
      .uniqueArray(fc.stringMatching(/^\/[a-z]{1,5}$/u), { minLength: 1 })
      .map((l) => l.join()),
    urls: fc
      .uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 3 })
      .map((ports) => ports.map((port) => `http://127.0.0.1:${port}`).join()),
    choice: fc.constant(''),
    gates: fc.constantFrom('FastLeaseKeepAlive=true', 'AllAlpha=false', ''),
  };
  // Options whose values are words of their own, or that depend on one another.
  const particular = new Set([
    'heartbeat-interval',
    'election-timeout',
    'auto-compaction-retention',
    'auto-compaction-mode',
    'logger',
    'log-level',
    'log-format',
    'enable-log-rotation',
    'listen-client-urls',
    'listen-client-http-urls',
    'initial-cluster-state',
    'tls-min-version',
    'tls-max-version',
    'experimental-enable-lease-checkpoint-persist',
  ]);
  const free = FLAGS.filter(
    ({ name, support, file }) =>
      support === 'supported' &&
      file !== null &&
      !particular.has(name) &&
      !name.startsWith('discovery'),
  );

  const setting = fc
    .constantFrom(...free)
    .chain((option) => textByKind[option.kind].map((text) => ({ option, text })));
  const settings = fc.uniqueArray(setting, { selector: ({ option }) => option.name });

  function asYaml(kind: string, text: string): string {
    if (kind === 'duration') return `${BigInt(text.slice(0, -2)) * 1_000_000n}`;
    if (kind === 'list') return JSON.stringify(text.split(','));
    return ['string', 'urls', 'gates'].includes(kind) ? JSON.stringify(text) : text;
  }

  function asFile(chosen: readonly { readonly option: Option; readonly text: string }[]): string {
    const sections = new Map<string, string[]>([['', []]]);
    for (const { option, text } of chosen) {
      const { section, key } = option.file ?? { section: '', key: option.name };
      const line = `${section === '' ? '' : '  '}${key}: ${asYaml(option.kind, text)}\n`;
      sections.set(section, [...(sections.get(section) ?? []), line]);
    }
    return [...sections]
      .map(([section, lines]) => (section === '' ? '' : `${section}:\n`) + lines.join(''))
      .join('');
  }

  test('gives one configuration', () => {
    fc.assert(
      fc.property(settings, (chosen) => {
        const argv = chosen.map(({ option, text }) => `--${option.name}=${text}`);
        const env = Object.fromEntries(
          chosen.map(({ option, text }) => [environmentName(option.name), text]),
        );
        const file = asFile(chosen);
        const byFlags = config({ argv });
        expect(config({ env })).toEqual(byFlags);
        expect(config({ file })).toEqual(byFlags);
      }),
      { numRuns: 100 },
    );
  });

  test('covers most of what is supported', () => {
    expect(free.length).toBeGreaterThan(35);
  });
});

describe('the schema', () => {
  test('has each name once and defaults that parse', () => {
    const names = OPTIONS.flatMap((option) => [option.name, option.formerName ?? []].flat());
    expect(new Set(names).size).toBe(names.length);
    for (const option of OPTIONS) expect(() => defaultValue(option)).not.toThrow();
  });
});
