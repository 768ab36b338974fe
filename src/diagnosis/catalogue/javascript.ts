import { cause, type Found, type Log } from '../cause.ts'
import { command, manual, maybe, needsValue } from '../fix.ts'

const isTfjs = (found: Found, log: Log) => /tfjs|@tensorflow/.test(`${found.line.text}\n${log.text.slice(0, 200_000)}`)

export const tfjsPlatform = cause({
  code: 'FT-TFJS-PLATFORM',
  slug: 'tfjs-addon-wrong-platform',
  title: 'The TensorFlow.js addon was built for another platform',
  matches: [
    /tfjs_binding\.node.{0,200}is not a valid Win32 application/i,
    /tfjs_binding\.node.{0,200}(?:wrong ELF class|invalid ELF header|incompatible architecture|mach-o|slice is not valid|Exec format error)/i,
    /(?:wrong ELF class|invalid ELF header|incompatible architecture|Exec format error).{0,300}(?:tfjs|libtensorflow)/i,
    /libtensorflow\S{0,40}.{0,160}(?:wrong ELF class|invalid ELF header|incompatible architecture|mach-o file, but is an incompatible)/i,
  ],
  explains: () =>
    'node_modules was copied from another machine or container (or Node is a 32-bit build): the addon is for another operating system or architecture.',
  fixes: () => [
    command('Delete node_modules and reinstall on this machine', 'rm -rf node_modules && npm install'),
    manual(
      'Use a 64-bit Node (x64, or arm64 where the addon exists for it); in Docker install inside the image, not from the host',
    ),
  ],
})

export const tfjsBinding = cause({
  code: 'FT-TFJS-ADDON',
  slug: 'tfjs-binding-missing',
  title: 'The TensorFlow.js addon (tfjs_binding.node) was not found',
  matches: [
    /(?:native addon module|addon) \(?tfjs_binding\.node\)? can ?not be found/i,
    /Cannot find module '?[^'\n]{0,300}tfjs_binding\.node/i,
    /The specified module could not be found\.?.{0,300}tfjs_binding|tfjs_binding\.node.{0,40}(?:The specified (?:module|procedure) could not be found|dlopen)/i,
    /(?:libtensorflow\S{0,20}|libtensorflow_framework\S{0,20}): cannot open shared object file/i,
    /(?:\\\\\?\\|')[^'\n]{0,300}tfjs_binding\.node$/,
    /Could not locate the bindings file\..{0,200}tfjs|tfjs_binding\.node.{0,60}(?:not found|no such file|missing)/i,
    /This Node instance does not support builds for (?:N-API|Node-API) version/i,
  ],
  when: isTfjs,
  explains: () =>
    'tfjs-node is a thin layer over a native addon that is downloaded or built when it is installed; here it is missing, was made for another Node version, or its DLL is not beside it.',
  fixes: () => [
    command('Rebuild it for this Node version', 'npm rebuild @tensorflow/tfjs-node --build-from-source'),
    manual('Or use a Node version with prebuilt binaries (an LTS such as 18 or 20), and reinstall'),
    maybe('On Windows copy tensorflow.dll from deps/lib beside tfjs_binding.node'),
  ],
})

export const tfjsInstall = cause({
  code: 'FT-TFJS-INSTALL',
  slug: 'tfjs-install-failed',
  title: 'Installing TensorFlow.js for Node failed',
  tier: 'general',
  matches: [
    /tfjs-node\S{0,40}.{0,80}(?:install|postinstall|preinstall)(?:: `|\.js).{0,120}/i,
    /(?:gyp|node-pre-gyp|node-gyp)\b.{0,20}(?:ERR!|ERROR).{0,200}/i,
    /(?:npm (?:ERR!|error)).{0,120}tfjs-node/i,
    /CPU-(?:linux|darwin|windows)-\d[\w.-]{0,20}\.(?:tar\.gz|zip).{0,80}(?:404|Not Found|failed)|(?:404|Unsupported).{0,200}tfjs-?(?:node|binding)/i,
    /(?:ENOENT|EPERM|EBUSY|EACCES).{0,200}tfjs-node.{0,300}/,
    /Pre-built binaries not installable for @tensorflow\/tfjs-node/i,
    /The Node-API version of this Node instance is \d+\. This module supports/i,
    /Unsupported (?:platform|system).{0,60}(?:cpu|gpu)-|does not support platform/i,
  ],
  when: (found, log) =>
    isTfjs(found, log) &&
    !/tfjs_binding\.node' *$|can ?not be found at path/.test(found.line.text) &&
    !/can not be found at path|Cannot find module '[^'\n]{0,300}tfjs_binding/.test(log.text.slice(0, 200_000)),
  explains: () =>
    'No prebuilt binary exists for this Node version and platform (or it could not be downloaded), and building it needs Python and a C++ compiler.',
  fixes: () => [
    manual('Use a Node version with prebuilt binaries (an LTS such as 18 or 20), and reinstall'),
    command(
      'Or install the build tools (Python 3 and a C++ compiler: build-essential, Xcode, Visual Studio) and rebuild',
      'npm rebuild @tensorflow/tfjs-node --build-from-source',
    ),
    maybe('Check the network or proxy: libtensorflow is downloaded while installing'),
  ],
})

export const tfjsNodeVersion = cause({
  code: 'FT-TFJS-NODE-23',
  slug: 'tfjs-node-isnullorundefined',
  title: 'This TensorFlow.js needs an older Node',
  matches: [
    /isNullOrUndefined\)? is not a function/i,
    /(?:util_1|util|nodeUtil)\.(?:isNullOrUndefined|isArray|isString|isUndefined)\)? is not a function/i,
  ],
  explains: () => 'tfjs-node 4 calls util.isNullOrUndefined, which Node 23 removed.',
  fixes: () => [
    command('Use Node 22 or older (20 LTS works)', 'nvm install 20 && nvm use 20'),
    manual("Or put it back before importing tfjs-node: require('util').isNullOrUndefined = (x) => x == null"),
  ],
})

export const tfjsBackend = cause({
  code: 'FT-TFJS-BACKEND',
  slug: 'tfjs-no-backend',
  title: 'TensorFlow.js has no usable backend',
  matches: [
    /No backend found in registry/i,
    /Backend name '?\w{0,20}'? not found in registry/i,
    /WebGL is not supported on this device/i,
    /(?:Initialization|Registration|Setup) of backend (?<name>\w+) failed/i,
    /Could not get context for WebGL version/i,
    /Kernel '\w+' not registered for backend/i,
    /(?:Could not initialize any backends|all backend initializations failed)/i,
    /backend '?\w+'? has not (?:yet )?been initialized/i,
    /Cannot find (?:a )?(?:valid )?(?:tfjs )?backend/i,
  ],
  when: (found, log) =>
    /tfjs|tensorflow|registry|WebGL|backend/i.test(log.text.slice(0, 200_000)) &&
    !/torch|transformers\.js|onnx/i.test(found.line.text),
  explains: () =>
    'The core of TensorFlow.js computes nothing by itself; no backend package was loaded, or the browser gives no WebGL (a worker, a headless machine, switched off).',
  fixes: () => [
    manual(
      "Import and register a backend: import '@tensorflow/tfjs-backend-wasm' (or -cpu, -webgl), then await tf.setBackend('wasm'); await tf.ready()",
    ),
    maybe('Enable WebGL (hardware acceleration) in the browser, or use the wasm or cpu backend where there is none'),
  ],
})

export const tjsUnauthorized = cause({
  code: 'FT-TJS-401',
  slug: 'tjs-unauthorized',
  title: 'The Hub refused to give the file to transformers.js',
  matches: [
    /Unauthorized access to file: "?(?<url>[^"\s]{1,300})/i,
    /Forbidden access to file: "?(?<url>[^"\s]{1,300})/i,
    /Error \(40[13]\) occurred while trying to load file: "?(?<url>[^"\s]{1,300})/i,
  ],
  explains: (found) =>
    `The Hub answered 401 for ${repoOf(found) ?? 'the file'}: the id is wrong, or the repository is private or gated (it does not say which).`,
  fixes: () => [
    needsValue('Check the repo id, and take one made for transformers.js (Xenova/… or onnx-community/…)'),
    manual(
      'If it is private or gated, supply a token with access: set HF_TOKEN where Node runs (the command line login is not read)',
    ),
  ],
})

export const tjsFileNotFound = cause({
  code: 'FT-TJS-FILE',
  slug: 'tjs-file-not-found',
  title: 'The repository has no such file for transformers.js',
  matches: [
    /Could not locate file: "?(?<url>[^"\s]{1,300})/i,
    /file was not found locally at "?(?<url>[^"\n]{1,300})/i,
    /Error \(404\) occurred while trying to load file/i,
    /Could not find (?:model|file) (?:config|"?onnx).{0,120}/i,
  ],
  engine: ['onnx-file-missing'],
  when: (_found, log) => /transformers|huggingface|onnx|xenova/i.test(log.text.slice(0, 200_000)),
  explains: (found) =>
    `transformers.js loads ONNX files (onnx/model*.onnx, tokenizer.json), and ${repoOf(found) ?? 'the repository'} does not have this one: it was not converted.`,
  fixes: () => [
    needsValue('Use a repository with ONNX weights: onnx-community/… or Xenova/…, or another dtype'),
    command('Or convert it', 'optimum-cli export onnx --model MODEL out/'),
  ],
})

const repoOf = (found: Found) =>
  /huggingface\.co\/([\w.-]+\/[\w.-]+)\/resolve/.exec(found.groups['url'] ?? '')?.[1] ?? null

export const ortLibrary = cause({
  code: 'FT-ORT-LIBRARY',
  slug: 'ort-node-lib-missing',
  title: "onnxruntime-node's native library is missing",
  matches: [
    /libonnxruntime\S{0,40}(?:: |' ?|\W{1,8})(?:cannot open shared object file|no such file|image not found|not found)/i,
    /Library not loaded: \S{0,60}libonnxruntime/i,
    /(?:Cannot find module|ENOENT|dlopen|Error loading).{0,200}onnxruntime_binding\.node/i,
    /onnxruntime\.dll.{0,80}(?:not found|could not be found|missing)/i,
    /onnxruntime_binding\.node.{0,120}(?:not found|The specified module could not be found|cannot open)/i,
  ],
  when: (_found, log) => /node|\.js\b|npm|electron|next|webpack|vercel|lambda/i.test(log.text.slice(0, 200_000)),
  explains: () =>
    'The addon of onnxruntime-node loads libonnxruntime from its own bin folder; a bundler left it out, or it was installed for another platform.',
  fixes: () => [
    manual(
      'Keep onnxruntime-node out of the bundle (externals, serverExternalPackages), or include its bin folder (outputFileTracingIncludes, asarUnpack)',
    ),
    command('Or reinstall it on this platform', 'npm install onnxruntime-node --force'),
  ],
})

export const sqliteLocked = cause({
  code: 'FT-SQLITE-LOCKED',
  slug: 'sqlite-locked',
  title: 'The SQLite database is locked by another connection',
  matches: [/database (?:table )?is locked/i, /\bSQLITE_(?:BUSY|LOCKED)\w*/],
  explains: () =>
    'Another process or connection holds a write lock; SQLite lets one write at a time, and by default does not wait.',
  fixes: () => [
    command(
      'Let it wait and read beside a writer: PRAGMA busy_timeout and WAL',
      'sqlite3 FILE "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=5000;"',
    ),
    manual(
      'Keep transactions short, and let one process write; see who holds the file (and do not keep it on a network disk)',
      { command: 'fuser FILE' },
    ),
  ],
})

export const nodeAbi = cause({
  code: 'FT-NODE-ABI',
  slug: 'node-module-version-mismatch',
  title: 'A native module was built for another Node version',
  matches: [
    /was compiled against a different Node\.js version/i,
    /NODE_MODULE_VERSION (?<have>\d+)/,
    /Module version mismatch\. Expected \d+, got \d+/i,
    /Module did not self-register/i,
  ],
  explains: (found) =>
    `Native modules fit one Node (or Electron) ABI${found.groups['have'] === undefined ? '' : ` (NODE_MODULE_VERSION ${found.groups['have']})`}; Node was changed after they were installed.`,
  fixes: () => [
    command('Rebuild it for the Node that runs now', 'npm rebuild better-sqlite3'),
    command('In Electron', 'npx @electron/rebuild'),
    manual('Or use the Node version that it was installed with'),
  ],
})
