// Bundles the page: `node build.mjs [--out FOLDER] [--watch]`. Two runs write the
// same bytes: no dates, no absolute paths, names that are hashes of contents.
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const {values: options} = parseArgs({
  options: {out: {type: 'string', default: join(here, 'dist')}, watch: {type: 'boolean'}},
});
const out = resolve(options.out);

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();

// What the licences of the parts ask for: their texts travel with the bundle.
function licences(inputs) {
  const names = new Set();
  for (const path of Object.keys(inputs)) {
    const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (found) names.add(found[1]);
  }
  let text = 'The page of fathom contains parts of these packages.\n';
  for (const name of [...names].sort()) {
    const folder = join(here, 'node_modules', name);
    const {version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    text += `\n\n${name} ${version} (${license})\n\n`;
    text += file ? readFileSync(join(folder, file), 'utf8').trim() + '\n' : '';
  }
  return text;
}

function write(files) {
  rmSync(join(out, 'assets'), {recursive: true, force: true});
  mkdirSync(join(out, 'assets'), {recursive: true});
  for (const [name, bytes] of files) writeFileSync(join(out, name), bytes);
}

function finish(result) {
  const files = new Map();
  const icon = readFileSync(join(here, 'src/icon.svg'));
  const iconName = `assets/icon-${hash(icon)}.svg`;
  files.set(iconName, icon);
  const text = licences(result.metafile.inputs);
  const textName = `assets/licences-${hash(text)}.txt`;
  files.set(textName, text);
  let script;
  let style;
  for (const file of result.outputFiles) {
    const name = file.path.slice(join(here, 'dist').length + 1);
    files.set(name, file.contents);
    if (/^assets\/main-[^/]*\.js$/.test(name)) script = name;
    if (/^assets\/main-[^/]*\.css$/.test(name)) style = name;
  }
  if (!script || !style) throw new Error('the bundle has no assets/main-*.js or no assets/main-*.css');
  const page = readFileSync(join(here, 'src/index.html'), 'utf8')
    .replace('{{script}}', `/${script}`)
    .replace('{{style}}', `/${style}`)
    .replace('{{icon}}', `/${iconName}`)
    .replace('{{licences}}', `/${textName}`);
  files.set('index.html', page);
  write(files);
  for (const [name, bytes] of files) {
    console.log(`${name} ${Buffer.byteLength(bytes)}`);
  }
}

const settings = {
  absWorkingDir: here,
  entryPoints: {main: 'src/main.js'},
  outdir: 'dist',
  entryNames: 'assets/[name]-[hash]',
  chunkNames: 'assets/[name]-[hash]',
  assetNames: 'assets/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: !options.watch,
  charset: 'utf8',
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
};

if (options.watch) {
  const context = await esbuild.context({
    ...settings,
    plugins: [{name: 'finish', setup: (build) => build.onEnd((result) => result.errors.length || finish(result))}],
  });
  await context.watch();
} else {
  finish(await esbuild.build(settings));
}
