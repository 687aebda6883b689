// Clusters with members of the original take half a minute of elections and snapshots: a command
// of their own (`npm run interop`).
const preset = require('../../jest.preset.cjs');
const interop = process.env['INTEROP'] === '1' ? [] : ['/src/interop/'];

module.exports = {
  ...preset,
  displayName: 'peer-transport',
  rootDir: __dirname,
  testPathIgnorePatterns: [...preset.testPathIgnorePatterns, ...interop],
};
