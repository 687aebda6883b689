module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'failpoint',
  rootDir: __dirname,
};
