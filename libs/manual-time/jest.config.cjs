module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'manual-time',
  rootDir: __dirname,
};
