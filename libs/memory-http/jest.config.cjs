module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'memory-http',
  rootDir: __dirname,
};
