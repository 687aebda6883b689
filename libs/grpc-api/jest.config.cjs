module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'grpc-api',
  rootDir: __dirname,
};
