module.exports = { ...require('../../jest.preset.cjs'), displayName: 'bolt', rootDir: __dirname };
