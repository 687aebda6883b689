module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'peer-transport',
  rootDir: __dirname,
};
