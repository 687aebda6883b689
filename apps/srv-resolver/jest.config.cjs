module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'srv-resolver',
  rootDir: __dirname,
};
