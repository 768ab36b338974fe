import { cause, type Found } from '../cause.ts'
import { command, manual, maybe } from '../fix.ts'

export const numpyTwo = cause({
  code: 'FT-ENV-NUMPY-2',
  slug: 'numpy2-abi',
  title: 'A package was built for NumPy 1, and NumPy 2 is installed',
  matches: [
    /compiled using NumPy 1\.x cannot be run in\s+NumPy 2/i,
    /module compiled against ABI version 0x1\w+ but this version of numpy is 0x2/i,
    /(?:AttributeError|ImportError): _ARRAY_API not found/,
    /numpy\.core\.multiarray failed to import/,
    /Numpy is not available/,
    /was removed in the NumPy 2\.0 release/,
    /No module named '?numpy\._core/,
    /np\.(?:float_|unicode_|string_|Inf|NaN)`? was removed/,
    /numpy\.dtype size changed.{0,80}Expected 96 from C header, got 88/,
  ],
  when: (found) => !/size changed/.test(found.line.text),
  explains: () =>
    'NumPy 2 changed its binary interface: a package that was compiled against NumPy 1 (or written for it) cannot be imported beside it.',
  fixes: () => [
    command('Install NumPy 1', 'pip install "numpy<2"'),
    maybe('Or upgrade the package that the traceback ends in to a version built for NumPy 2'),
  ],
})

export const numpySizeChanged = cause({
  code: 'FT-ENV-NUMPY-ABI',
  slug: 'numpy-dtype-size-changed',
  title: 'A compiled package does not fit the installed NumPy',
  matches: [
    /numpy\.(?:dtype|ufunc|ndarray|\w+) size changed, may indicate binary incompatibility/,
    /module compiled against API version 0x\w+ but this version of numpy is 0x/i,
    /(?:size changed|binary incompatib).{0,80}Expected \d+ from C header, got \d+/,
  ],
  explains: (found) => {
    const pandas = found.above(30).concat(found.line.text).join('\n')
    const name = /(?:import of|init|import) (pandas|sklearn|scipy|h5py|pyarrow|spacy|thinc|gensim|numba|tables)\b/.exec(
      pandas,
    )?.[1]
    return `${name ?? 'A package'} was compiled against another NumPy version than the one installed now.`
  },
  fixes: () => [
    command(
      'Reinstall the package that failed to import (often pandas or scikit-learn) so that it matches',
      'pip install --force-reinstall --no-cache-dir pandas scikit-learn',
    ),
    command('Or install the NumPy version it was built for, and restart the process', 'pip install "numpy<2"'),
  ],
})

export const dependencyPin = cause({
  code: 'FT-ENV-PIN',
  slug: 'dependency-version-pin',
  title: 'A package is outside the version range that another one requires',
  matches: [
    /(?<need>\S{1,120}) is required for a normal functioning of this module(?:,? but found (?<have>\S{1,80}))?/,
    /The '(?<need>[^']{1,120})' distribution was not found and is required by/,
    /(?:Contextual)?VersionConflict: .{0,300}/,
    /requires a minimum version of (?<need>[\w.]+),? ?but the version found is (?<have>[\w.]+)/i,
    /Found an incompatible version of (?<need>\S+)\. Found version (?<have>\S+?),/,
    /requires a source install from .{0,60}Transformers/i,
  ],
  explains: (found) => {
    const { need, have } = found.groups
    if (need === undefined)
      return 'A package checks the versions of its dependencies when it is imported, and one of them does not fit.'
    return `${need} is required${have === undefined ? '' : `, but ${have} is installed`}: transformers checks its dependencies when it is imported.`
  },
  fixes: (found) => {
    const need = found.groups['need']
    const wanted = need !== undefined && /[<>=]/.test(need) ? need : null
    return [
      ...(wanted === null
        ? []
        : [command('Install the version range that is required', `pip install "${wanted.replace(/["`$\\]/g, '')}"`)]),
      command(
        'Or upgrade transformers together with what it needs',
        'pip install -U transformers tokenizers huggingface_hub',
      ),
    ]
  },
})

export const protobuf = cause({
  code: 'FT-ENV-PROTOBUF',
  slug: 'protobuf-incompatible',
  title: 'The installed protobuf does not fit the generated code',
  matches: [
    /Descriptors cannot (?:not )?be created directly/,
    /your generated code is out of date and must be regenerated with protoc/,
    /cannot import name '?(?:builder|runtime_version|_message|descriptor_pb2)'? from '?google\.protobuf/,
    /Detected (?:incompatible|mismatched) Protobuf Gencode\/Runtime version/i,
    /'MessageFactory' object has no attribute 'GetPrototype'/,
    /'FieldDescriptor' object has no attribute '(?:label|is_repeated)'/,
    /Couldn't build proto file into descriptor pool/,
    /module 'google\.protobuf[\w.]*' has no attribute/,
  ],
  explains: () =>
    'Code that was generated for another protobuf version is imported (by TensorFlow, wandb, sentencepiece or onnx); protobuf 4 and newer refuse it.',
  fixes: () => [
    command('Pin protobuf', 'pip install "protobuf==3.20.*"'),
    maybe('Or upgrade the package that the traceback ends in'),
    maybe('Or set PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python', { cost: 'slow' }),
  ],
})

export const sentencepiece = cause({
  code: 'FT-ENV-SENTENCEPIECE',
  slug: 'sentencepiece-missing',
  title: 'The tokenizer needs the package sentencepiece',
  matches: [
    /requires the (?:SentencePiece|protobuf) library but it was not found/i,
    /need to have sentencepiece (?:or tiktoken )?installed/i,
    /No module named '?sentencepiece\b/,
    /Couldn't instantiate the backend tokenizer/i,
    /`?sentencepiece`? is (?:not installed|required)|install (?:the )?`?sentencepiece|`?sentencepiece`? installed/i,
    /Converting from (?:SentencePiece and )?Tiktoken failed/i,
    /cannot import name '?\w*SentencePiece\w*/i,
  ],
  explains: () =>
    'This tokenizer is stored as a SentencePiece model (T5, Llama, XLM-R, DeBERTa …), and the package that reads it is not installed.',
  fixes: () => [
    command(
      'Install sentencepiece (and protobuf), then restart the process or runtime',
      'pip install sentencepiece protobuf',
    ),
    maybe('Or take a repository that has a tokenizer.json'),
  ],
})

export const glibc = cause({
  code: 'FT-ENV-GLIBC',
  slug: 'glibc-too-old',
  title: 'The system is older than the binary expects (glibc or libstdc++)',
  matches: [/version [`'"]?(?<need>(?:GLIBC|GLIBCXX|CXXABI|GCC|OPENMP)_[\d.]+)['"`]? not found/],
  explains: (found) =>
    `The binary was built for a newer operating system: it needs ${found.groups['need'] ?? 'a newer glibc'}, which this machine's libc or libstdc++ does not have.`,
  fixes: (found) => [
    ...(/GLIBCXX|CXXABI/.test(found.groups['need'] ?? '')
      ? [
          command(
            'Take a newer libstdc++ from conda, and put it first on LD_LIBRARY_PATH',
            'conda install -c conda-forge libstdcxx-ng',
          ),
        ]
      : []),
    manual('Run in a newer container image or operating system'),
    maybe('Or install an older build of the package'),
  ],
})

export const pipConflict = cause({
  code: 'FT-ENV-PIP-CONFLICT',
  slug: 'pip-resolver-conflict',
  title: 'pip installed versions that conflict with each other',
  tier: 'general',
  matches: [
    /pip's dependency resolver does not currently (?:take into account|consider) all the packages/i,
    /because these package versions have conflicting dependencies/i,
    /\bResolutionImpossible\b/,
    /has requirement (?<need>\S+), but you(?:'ll| will)? have (?<have>\S+ \S+) which is incompatible/,
    /requires (?<need>\S+), but you have (?<have>\S+ \S+) which is incompatible/,
    /No solution found when resolving dependencies/i,
    /LibMambaUnsatisfiableError|UnsatisfiableError: The following specifications/,
  ],
  explains: (found) => {
    const { need, have } = found.groups
    return need === undefined || have === undefined
      ? 'Two packages want different versions of the same dependency, and pip cannot satisfy both.'
      : `${need} is wanted, but ${have} is installed: pip cannot satisfy both.`
  },
  fixes: () => [
    manual(
      'Install everything in one pip command, so that the versions are chosen together, and pin what conflicts to compatible versions',
    ),
    command(
      'Or start from a clean virtual environment',
      'python -m venv .venv && .venv/bin/pip install -r requirements.txt',
    ),
  ],
})

/** Roots whose parts are named with dots and installed one by one. */
const NAMESPACES = /^(?:google|azure|zope|nvidia|mpl_toolkits|sphinxcontrib|ruamel|backports)\./
const OWN_CODE = /^(?:src|utils|models?|data|lib|config|common|modules|my\w*|train\w*|scripts?)\b/

export const importVersions = cause({
  code: 'FT-ENV-IMPORT-VERSION',
  slug: 'import-name-version-mismatch',
  title: 'A name does not exist in the installed version of a package',
  tier: 'general',
  matches: [
    /cannot import name '?"?(?<name>\w+)'?"?(?: from (?:partially initialized module )?'?(?<package>[\w.]+))?/,
    /No module named '?"?(?<package>[A-Za-z_]\w*)\.(?<name>[\w.]+)/,
    /module '?(?<package>(?:transformers|torch|torchvision|torchaudio|datasets|accelerate|peft|trl|tensorflow|keras|huggingface_hub|tokenizers|bitsandbytes|numpy|pyarrow|sklearn|evaluate|diffusers|safetensors|wandb|xformers|triton|deepspeed)[\w.]*)'? has no attribute '?(?<name>\w+)/,
    /operator torchvision::(?<name>nms) does not exist/,
    /undefined symbol: (?<name>_ZN\w+)/,
    /Failed to import (?<package>transformers[\w.]*) because of the following error/,
  ],
  when: isVersionMismatch,
  explains: (found) => {
    const { name, package: from } = found.groups
    const what = name === undefined ? 'A name' : `\`${name}\``
    return `${what} does not exist in the installed version${from === undefined ? '' : ` of ${from.split('.')[0] ?? from}`}: the libraries are out of step, one is newer than the other expects.`
  },
  fixes: (found) => {
    const name = (found.groups['package'] ?? '').split('.')[0] ?? ''
    const known = /^\w{2,40}$/.test(name)
    return [
      command(
        'Upgrade the packages named in the traceback together, then restart the process',
        `pip install -U ${known ? packageOf(name) : 'transformers datasets accelerate huggingface_hub'}`,
      ),
      manual('Or pin them to versions that were released together'),
    ]
  },
})

function isVersionMismatch(found: Found): boolean {
  const { package: from } = found.groups
  if (/circular import/.test(found.line.text)) return false
  if (/Node|node_modules/.test(found.line.text)) return false
  if (/No module named/.test(found.line.text)) {
    const dotted = /No module named '?"?([\w.]+)/.exec(found.line.text)?.[1] ?? ''
    return !NAMESPACES.test(dotted) && !OWN_CODE.test(dotted) && !/is not a package/.test(found.line.text)
  }
  return from === undefined || !OWN_CODE.test(from)
}

const PACKAGE_OF: Readonly<Record<string, string>> = {
  sklearn: 'scikit-learn',
  cv2: 'opencv-python',
  PIL: 'pillow',
  yaml: 'pyyaml',
  bs4: 'beautifulsoup4',
  dateutil: 'python-dateutil',
  flash_attn: 'flash-attn --no-build-isolation',
  dotenv: 'python-dotenv',
  skimage: 'scikit-image',
  graphql: 'graphql-core gql',
}
const packageOf = (name: string) => PACKAGE_OF[name] ?? name.replaceAll('_', '-')

export const moduleNotFound = cause({
  code: 'FT-ENV-MODULE',
  slug: 'module-not-found',
  title: 'A Python package is not installed where the script runs',
  tier: 'general',
  matches: [
    /No module named '?"?(?<name>[A-Za-z_][\w-]*)'?"?(?![\w.])/,
    /requires the following packages that were not found in your environment: (?<name>[\w-]+)/,
    /requires the (?<name>[\w-]+) library but it was not found in your environment/,
    /No package metadata was found for (?<name>[\w-]+)\s*$/,
    /the package (?<name>flash_attn) seems to be not installed/,
    /you need to install the following dependenc(?:y|ies):? ?\[?'?(?<name>[\w-]+)/,
    /requires the latest version of (?<name>bitsandbytes)/,
    /Using `?(?<name>bitsandbytes)`? .{0,60}requires .{0,30}(?:Accelerate|bitsandbytes)/,
  ],
  explains: (found) =>
    `\`${found.groups['name'] ?? 'The package'}\` is not installed in the Python environment that runs the script (pip may belong to another one).`,
  fixes: (found) => {
    const name = found.groups['name'] ?? ''
    return [
      command(
        'Install it with the same Python that runs the script',
        `python -m pip install ${/^[\w-]{1,60}$/.test(name) ? packageOf(name) : 'PACKAGE'}`,
      ),
      manual(
        'If it is your own module: start the script from the project folder, or install the project (pip install -e .)',
      ),
    ]
  },
})
