module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'tcp-gateway',
  rootDir: __dirname,
};
