module.exports = {
  ...require('../jest.preset.cjs'),
  displayName: 'e2e',
  rootDir: __dirname,
  // Real processes on a shared machine; a hang is bounded by each wait's own deadline.
  testTimeout: 60_000,
};
