module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'v2-store',
  rootDir: __dirname,
};
