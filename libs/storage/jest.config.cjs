module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'storage',
  rootDir: __dirname,
  // Real fsyncs, on a machine that others use too.
  testTimeout: 60_000,
};
