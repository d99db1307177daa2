/**
 * WeChat's own tool, offline: `node tool.mjs pack-npm PROJECT` builds the npm packages of a mini
 * program into its miniprogram_npm; `node tool.mjs compile PROJECT TO` compiles it to ES5 as an upload would.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const { DefaultProjectAttr, Project, getCompiledResult, packNpm } = createRequire(import.meta.url)('miniprogram-ci');

const APPID = 'wx0000000000000000';

/** Without this the tool asks WeChat what the app may do, which needs an account. */
class OfflineProject extends Project {
  async attr() {
    return { ...DefaultProjectAttr, appid: APPID };
  }

  getExtAppid() {}
}

const open = directory =>
  // The key signs uploads, and nothing is uploaded here.
  new OfflineProject({ appid: APPID, type: 'miniProgram', projectPath: resolve(directory), privateKey: 'none', ignores: ['node_modules/**/*'] });

const [command, directory, to] = process.argv.slice(2);
if (command === 'pack-npm') {
  const warnings = await packNpm(open(directory), { reporter() {} });
  if (warnings.length > 0) throw new Error(`packNpm warns: ${JSON.stringify(warnings)}`);
} else if (command === 'compile') {
  const files = await getCompiledResult({ project: open(directory), setting: { es6: true, es7: true, minify: true } });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    writeFileSync(join(to, name), content);
  }
} else {
  throw new Error('tool.mjs: pack-npm PROJECT, or compile PROJECT TO');
}
// The tool keeps workers and watchers.
process.exit(0);
