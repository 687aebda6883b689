module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'etcdctl',
  rootDir: __dirname,
};
