module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'grpc-proxy',
  rootDir: __dirname,
};
