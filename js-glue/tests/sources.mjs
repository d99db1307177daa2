/** One file of the sources as a module of Node, for the tests of its parts. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const src = join(dirname(fileURLToPath(import.meta.url)), '../src');

export async function source(name) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(src, name + '.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2020',
  });
  return import('data:text/javascript;base64,' + Buffer.from(outputFiles[0].contents).toString('base64'));
}
