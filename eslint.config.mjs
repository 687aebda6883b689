import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

// layer: what may build on what. io: whether a lib may touch the world at all.
const layers = {
  foundation: ['foundation'],
  contract: ['foundation', 'contract'],
  core: ['foundation', 'core'],
  engine: ['foundation', 'contract', 'core', 'engine'],
  service: ['foundation', 'contract', 'core', 'engine', 'service'],
};

const depConstraints = [
  ...Object.entries(layers).map(([layer, allowed]) => ({
    sourceTag: `layer:${layer}`,
    onlyDependOnLibsWithTags: allowed.map((name) => `layer:${name}`),
  })),
  { sourceTag: 'layer:app', notDependOnLibsWithTags: ['layer:app', 'layer:testing'] },
  { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: ['*'] },
  {
    sourceTag: 'io:pure',
    onlyDependOnLibsWithTags: ['io:pure'],
    bannedExternalImports: ['@grpc/*', '@node-rs/*', '*sqlite*', 'jose', 'koffi', 'prom-client'],
  },
  { sourceTag: 'layer:core', bannedExternalImports: ['@bufbuild/*'] },
];

const PURE_LIBS = [
  'failpoint',
  'fuzzing',
  'foundation',
  'wire-protocol',
  'command-line',
  'config',
  'raft',
  'mvcc',
  'lease',
  'membership',
  'v2-store',
  'auth',
  'bolt',
  'checker',
];
// And the protocol of a lib that does I/O around it.
const PURE = [...PURE_LIBS.map((lib) => `libs/${lib}/src/**/*.ts`), 'libs/rpc/src/http2/**/*.ts'];

const impure = (names) =>
  names.map((name) => ({
    name,
    message: 'A pure lib takes time, randomness and I/O as arguments.',
  }));

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', 'libs/wire-protocol/src/generated/**'],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], enforceBuildableLibDependency: false, depConstraints },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // A branded type and its checked constructor share one name (Revision, Term, ...).
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  {
    // What readers are shown, letter by letter.
    files: ['e2e/src/docs/programs/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: PURE,
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'A pure lib does no I/O.' }] },
      ],
      'no-restricted-globals': [
        'error',
        ...impure([
          'setTimeout',
          'setInterval',
          'setImmediate',
          'queueMicrotask',
          'process',
          'Date',
          'performance',
          'crypto',
          'fetch',
        ]),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Take an Rng.' },
      ],
    },
  },
  { files: ['**/*.cjs', '**/*.mjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  prettier,
);
