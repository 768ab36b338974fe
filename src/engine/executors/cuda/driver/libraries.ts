import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { shellWord } from '../../shell-word.ts'

/*
 * Where NVIDIA's libraries lie. Three are needed: the driver's, which comes with the driver; NVRTC, which compiles the
 * kernels; and cuBLASLt, which multiplies matrices. The last two come with the CUDA toolkit, with every CUDA build of
 * PyTorch, or alone as wheels. They are loaded by absolute path, so that no LD_LIBRARY_PATH is needed.
 */

/** Newest first. Libraries of a newer major version than the driver knows are not used. */
const MAJORS = [13, 12] as const

export interface Libraries {
  major: number
  nvrtc: string
  /** NVRTC opens it by its bare name; loaded before, it is found. Null where NVRTC lies on the loader's own path. */
  builtins: string | null
  cublasLt: string
}

/** What is missing, in words for people, with the command that brings it. */
export interface Missing {
  what: string
  remedy: string
}

/** Paths under which the driver's library is tried, in order; a bare name asks the loader. */
export const DRIVER = [
  'libcuda.so.1',
  '/usr/local/nvidia/lib64/libcuda.so.1',
  '/usr/lib/x86_64-linux-gnu/libcuda.so.1',
  '/usr/lib/wsl/lib/libcuda.so.1',
]

/** The folder for wheels that were brought for this project alone. */
export function wheelsFolder(dataFolder: string): string {
  return join(dataFolder, 'cuda')
}

/** Looks for NVRTC and cuBLASLt of one version that the driver can use. */
export function findLibraries({
  driverMajor,
  wheels,
  env = process.env,
}: {
  /** The CUDA version that the driver knows, as 13 */
  driverMajor: number
  /** A folder into which pip put wheels, or null */
  wheels: string | null
  env?: Readonly<Record<string, string | undefined>>
}): Libraries | Missing {
  const folders = foldersToLookIn({ wheels, env })
  let best: Partial<Libraries> = {}
  for (const major of MAJORS.filter((major) => major <= driverMajor)) {
    const nvrtc = fileIn(folders, `libnvrtc.so.${major}`)
    const cublasLt = fileIn(folders, `libcublasLt.so.${major}`)
    if (nvrtc !== null && cublasLt !== null) return { major, nvrtc, cublasLt, builtins: builtinsBeside(nvrtc) }
    best = { ...best, ...(nvrtc !== null && { nvrtc }), ...(cublasLt !== null && { cublasLt }) }
  }
  const newest = MAJORS.find((major) => major <= driverMajor) ?? 12
  const lacking = [
    ...(best.nvrtc === undefined ? [`libnvrtc.so.${newest}`] : []),
    ...(best.cublasLt === undefined ? [`libcublasLt.so.${newest}`] : []),
  ]
  return {
    what:
      lacking.length === 0
        ? `NVRTC and cuBLASLt are here, but of different versions (${best.nvrtc ?? ''}, ${best.cublasLt ?? ''})`
        : `${lacking.join(' and ')} ${lacking.length === 1 ? 'is' : 'are'} missing`,
    remedy: bringCommand(newest, wheels),
  }
}

/** The one command that brings both libraries, without touching any other Python. */
export function bringCommand(major: number, wheels: string | null): string {
  const packages =
    major >= 13
      ? `'nvidia-cuda-nvrtc==${major}.*' 'nvidia-cublas==${major}.*'`
      : 'nvidia-cuda-nvrtc-cu12 nvidia-cublas-cu12'
  return `python3 -m pip install --target ${shellWord(wheels ?? 'data/cuda')} --no-deps ${packages}`
}

/** In order of preference: what was asked for, what was brought for us, the toolkit, the Pythons on the path. */
function foldersToLookIn({
  wheels,
  env,
}: {
  wheels: string | null
  env: Readonly<Record<string, string | undefined>>
}): string[] {
  const toolkits = [env.CUDA_PATH, env.CUDA_HOME].filter((folder) => folder !== undefined && folder !== '') as string[]
  const pythons = (env.PATH ?? '').split(':').filter((folder) => existsSync(join(folder, 'python3')))
  const prefixes = [...(env.VIRTUAL_ENV === undefined ? [] : [env.VIRTUAL_ENV]), ...pythons.map(dirname)]
  const sites = [...new Set(prefixes)].flatMap((prefix) =>
    ['lib', 'lib64', 'local/lib'].flatMap((lib) =>
      namesIn(join(prefix, lib), /^python3(\.\d+)?$/).flatMap((python) =>
        ['site-packages', 'dist-packages'].map((site) => join(prefix, lib, python, site)),
      ),
    ),
  )
  const users = namesIn(join(env.HOME ?? '/', '.local/lib'), /^python3/).map((python) =>
    join(env.HOME ?? '/', '.local/lib', python, 'site-packages'),
  )
  return [
    ...toolkits.flatMap(libFolders),
    ...(wheels === null ? [] : nvidiaFolders(wheels)),
    ...namesIn('/usr/local', /^cuda/)
      .reverse()
      .flatMap((name) => libFolders(join('/usr/local', name))),
    ...[...sites, ...users].flatMap(nvidiaFolders),
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib64',
  ]
}

function libFolders(toolkit: string): string[] {
  return ['lib64', 'targets/x86_64-linux/lib', 'targets/sbsa-linux/lib', 'lib'].map((lib) => join(toolkit, lib))
}

/** Wheels put their libraries into nvidia/<package>/lib. */
function nvidiaFolders(site: string): string[] {
  return namesIn(join(site, 'nvidia'), /./).map((name) => join(site, 'nvidia', name, 'lib'))
}

function namesIn(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder).filter((name) => pattern.test(name))
  } catch {
    return []
  }
}

function fileIn(folders: readonly string[], name: string): string | null {
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

function builtinsBeside(nvrtc: string): string | null {
  const folder = dirname(nvrtc)
  const [name] = namesIn(folder, /^libnvrtc-builtins\.so\.\d+\.\d+$/)
  return name === undefined ? null : join(folder, name)
}
