import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, statSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { keptEmails, readEmails, selectEmails } from '../../../src/builtin/emails/emails.ts'
import { BUILTIN_EMAILS, ENCODER_FOLDER, RECOMMENDED } from '../../../src/builtin/known.ts'

/*
 * `npm run pack:gpu`: all that a GPU machine without Node or a network needs, in one folder. Node itself comes from
 * GPU_NODE, a binary for that machine, or is the one that runs this.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const to = join(root, '.gpu')
rmSync(to, { recursive: true, force: true })
mkdirSync(join(to, 'engine/node_modules'), { recursive: true })

await build({
  entryPoints: {
    bench: join(here, 'bench.ts'),
    test: join(here, 'test.ts'),
    // Beside the engine, where it looks for it.
    'tokenize-worker': join(root, 'src/engine/data/tokenize-worker.ts'),
  },
  outdir: join(to, 'engine'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['koffi', 'onnxruntime-node', 'better-sqlite3'],
  // Some dependencies are CommonJS inside of an ES module.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  minify: true,
})
// As src/finetune.mjs does before it imports the rest.
const start = "import module from 'node:module'\nmodule.enableCompileCache?.()\nawait import('./bench.mjs')\n"
writeFileSync(join(to, 'engine/start.mjs'), start)
cpSync(join(root, 'node_modules/koffi'), join(to, 'engine/node_modules/koffi'), {
  recursive: true,
  // Neither its documentation nor the C++ that the binary was built from.
  filter: (path) => !/koffi\/(doc|vendor)(\/|$)|\.(cc|hh|inc|S|asm|cpp)$/.test(path),
})
const binary = '@koromix/koffi-linux-x64'
for (const file of ['package.json', 'index.js', 'linux_x64']) {
  cpSync(join(root, 'node_modules', binary, file), join(to, 'engine/node_modules', binary, file), { recursive: true })
}
cpSync(ENCODER_FOLDER, join(to, 'engine/tokenizer'), {
  recursive: true,
  filter: (path) => !/safetensors$|scripts$/.test(path),
})
// The rows that runs of the built-in model use, cleaned. The model itself comes from the checkout (run.sh).
const emails = await readEmails({ cache_folder: join(tmpdir(), 'finetune-emails') })
const { max_train_samples = null, max_eval_samples = null } = RECOMMENDED[BUILTIN_EMAILS] ?? {}
const used = [
  ...selectEmails({ emails, split: 'train', rows: max_train_samples }).selected,
  ...selectEmails({ emails, split: 'test', rows: max_eval_samples }).selected,
]
mkdirSync(join(to, 'engine/emails'))
writeFileSync(keptEmails(join(to, 'engine/emails')), used.map((row) => `${JSON.stringify(row)}\n`).join(''))
cpSync(join(root, 'tests/golden/trainer'), join(to, 'golden/trainer'), { recursive: true })
for (const file of ['run.sh', 'trainer.py', 'apart.py']) cpSync(join(here, file), join(to, file))
execFileSync(process.execPath, ['--import', 'tsx', join(here, 'reference.ts'), join(to, 'engine/reference.json')], {
  stdio: 'inherit',
  cwd: root,
})
const node = process.env.GPU_NODE ?? process.execPath
execFileSync('sh', ['-c', 'xz -T2 -6 -c "$0" > "$1"', node, join(to, 'node.xz')], { stdio: 'inherit' })
const bytes = readdirSync(to, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
console.log(`.gpu holds ${(bytes / 2 ** 20).toFixed(1)} MiB`)
