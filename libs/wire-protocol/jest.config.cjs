module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'wire-protocol',
  rootDir: __dirname,
};
