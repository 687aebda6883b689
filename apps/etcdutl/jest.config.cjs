module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'etcdutl',
  rootDir: __dirname,
};
