module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'foundation',
  rootDir: __dirname,
};
