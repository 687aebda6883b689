module.exports = { ...require('../../jest.preset.cjs'), displayName: 'mvcc', rootDir: __dirname };
