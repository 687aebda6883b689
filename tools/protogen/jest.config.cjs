module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'protogen',
  rootDir: __dirname,
};
