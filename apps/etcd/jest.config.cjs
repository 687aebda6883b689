module.exports = { ...require('../../jest.preset.cjs'), displayName: 'etcd', rootDir: __dirname };
