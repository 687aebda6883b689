// One preset for every project: the source is ESM, jest runs it as CommonJS (swc, the same
// es2022 the bundle gets), and the path aliases of tsconfig.base.json are the only way between libs.
const path = require('node:path');
const { compilerOptions } = require('./tsconfig.base.json');

const moduleNameMapper = { '^(\\.{1,2}/.*)\\.js$': '$1' };
for (const [alias, [target]] of Object.entries(compilerOptions.paths)) {
  moduleNameMapper[`^${alias}$`] = path.join(__dirname, target);
}

const swc = (parser) => [
  '@swc/jest',
  {
    jsc: { target: 'es2022', parser, keepClassNames: true },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

module.exports = {
  // What waits has its own deadline, so this is for a hang nobody thought of, on a busy machine.
  testTimeout: 300_000,
  rootDir: process.cwd(),
  testEnvironment: 'node',
  testMatch: ['<rootDir>/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: [],
  transform: {
    '^.+\\.ts$': swc({ syntax: 'typescript' }),
    // ECMAScript modules only, which jest cannot load as they are.
    '/node_modules/jose/.+\\.js$': swc({ syntax: 'ecmascript' }),
  },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  moduleNameMapper,
};
