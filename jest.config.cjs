// All projects in one run: `npx jest` from the root; `npx jest -c libs/NAME/jest.config.cjs` for one.
const { existsSync, readdirSync } = require('node:fs');

const projects = [];
for (const group of ['libs', 'apps', 'tools', '.']) {
  for (const name of group === '.' ? ['e2e'] : readdirSync(group)) {
    const config = `<rootDir>/${group}/${name}/jest.config.cjs`;
    if (existsSync(config.replace('<rootDir>', __dirname))) projects.push(config);
  }
}
// Jest takes this from here only; a project's own counts when the project is run by itself. What
// waits has its own deadline, so this is for a hang nobody thought of, on a busy machine.
module.exports = { projects, testTimeout: 60_000 };
