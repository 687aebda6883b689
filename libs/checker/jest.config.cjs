module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'checker',
  rootDir: __dirname,
};
