module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'membership',
  rootDir: __dirname,
};
