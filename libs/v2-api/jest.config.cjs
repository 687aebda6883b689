module.exports = { ...require('../../jest.preset.cjs'), displayName: 'v2-api', rootDir: __dirname };
