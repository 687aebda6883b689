module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'http-gateway',
  rootDir: __dirname,
};
