module.exports = { ...require('../../jest.preset.cjs'), displayName: 'tls', rootDir: __dirname };
