module.exports = { ...require('../../jest.preset.cjs'), displayName: 'tidy', rootDir: __dirname };
