module.exports = { ...require('../../jest.preset.cjs'), displayName: 'lease', rootDir: __dirname };
