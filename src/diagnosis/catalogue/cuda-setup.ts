import { cause, type Found, type Log } from '../cause.ts'
import { command, manual, maybe } from '../fix.ts'

export const driverTooOld = cause({
  code: 'FT-GPU-DRIVER',
  slug: 'gpu-driver-too-old',
  title: 'The NVIDIA driver is too old for this CUDA version',
  matches: [
    /NVIDIA driver on your system is too old(?: \(found version (?<version>\d+)\))?/i,
    /CUDA driver version is insufficient for CUDA runtime version/i,
    /cudaErrorInsufficientDriver|CUDA error 35\b|cuda runtime error \(35\)/i,
    /(?:requires|needs?) (?:an? )?(?:NVIDIA )?driver (?:version )?(?:>=|of at least|newer than|at least)/i,
    /unsatisfied condition: cuda ?>= ?[\d.]+/i,
    /forward compatibility was attempted on non supported HW/i,
    /the provided PTX was compiled with an unsupported toolchain|CUDA_ERROR_UNSUPPORTED_PTX_VERSION/i,
    /driver (?:version )?is (?:too old|older than)/i,
  ],
  hints: [/NVIDIA driver on your system is too old \(found version (?<version>\d+)\)/i],
  explains: (found) => {
    const version = found.groups['version']
    const cuda =
      version === undefined
        ? ''
        : ` It supports CUDA ${Math.floor(Number(version) / 1000)}.${Math.floor((Number(version) % 1000) / 10)} at most.`
    return `The CUDA runtime that the framework brings needs a newer NVIDIA driver than the one on this machine.${cuda}`
  },
  fixes: () => [
    command(
      'Install a build for an older CUDA that this driver supports',
      'pip install torch --index-url https://download.pytorch.org/whl/cu118',
    ),
    manual('Or update the NVIDIA driver (on a cluster: ask its administrators)', { command: 'nvidia-smi' }),
  ],
})

export const noKernelImage = cause({
  code: 'FT-GPU-ARCH',
  slug: 'no-kernel-image-sm',
  title: 'The installed build has no kernels for this GPU',
  matches: [
    /no kernel image is available for execution on the device/i,
    /cudaErrorNoKernelImageForDevice|CUDA_ERROR_NO_BINARY_FOR_GPU|CUDA error 209\b|cuda runtime error \((?:48|209)\)/i,
    /is not compatible with the current PyTorch installation/i,
    /(?:too old|too low).{0,60}PyTorch no longer supports this GPU|PyTorch no longer supports this GPU because it is too old/i,
    /(?:nvcc fatal|ptxas fatal) {0,8}: (?:Unsupported gpu architecture|Value 'sm_\d+\w?' is not defined)/i,
    /named symbol not found|CUDA error: device kernel image is invalid/i,
    /FlashAttention only supports Ampere GPUs or newer/i,
    /(?:requires|needs|only supports?) .{0,40}(?:compute capability|sm_?\d\d).{0,80}(?:but|or (?:higher|newer|above))/i,
  ],
  hints: [/with CUDA capability (?<sm>sm_\d+) is not compatible with the current PyTorch installation/],
  when: (found) => !/bf16|bfloat16|Bfloat16/i.test(found.line.text),
  explains: (found, facts) => {
    const sm = /sm_\d+/.exec(found.line.text)?.[0]
    const torch = facts.versions?.['torch']
    return `PyTorch (or an extension) was compiled for other GPU generations than this one${sm === undefined ? '' : ` (${sm})`}${torch === undefined ? '' : `; here it is torch ${torch}`}.`
  },
  fixes: () => [
    command(
      'Install a PyTorch build (CUDA wheel) that supports this compute capability: the newest for new GPUs, an older one for old GPUs',
      'pip install -U torch --index-url https://download.pytorch.org/whl/cu128',
    ),
    maybe(
      'Rebuild extensions (flash-attn, apex, bitsandbytes) for this GPU: set TORCH_CUDA_ARCH_LIST and reinstall them',
    ),
  ],
})

export const sharedLibrary = cause({
  code: 'FT-CUDA-LIBRARY',
  slug: 'cuda-shared-library-missing',
  title: 'A CUDA library was not found',
  matches: [
    /(?<lib>lib(?:cu(?:da|blas|dnn|fft|rand|solver|sparse|pti|file)|nv(?:rtc|infer|JitLink|ToolsExt|idia-ml)|nccl)[\w-]{0,40}\.so[\d.]{0,20}): cannot open shared object file/,
    /Could not (?:load|find) (?:dynamic )?library '?(?<lib>(?:lib)?(?:cu|nv|nccl)[\w.-]+)/i,
    /Could not find (?:cuda drivers|'?(?<lib>(?:cudart|cudnn|cublas|nvcuda)\w*\.dll))/i,
    /(?<lib>(?:cudart|cudnn|cublas|cufft|nvcuda)\w*\.dll)['"]? (?:not found|was not found|could not be found)/i,
    /Cannot load symbol cudnn|Unable to load any of \{?libcudnn/i,
    /CUDA_HOME (?:environment variable is not set|does not exist)/i,
    /(?:libcuda|libcudart|libcudnn)\S{0,20} (?:not found|is missing)/i,
    /version `(?<lib>lib(?:cu\w+|nvJitLink)\.so[\w.]*)' not found/,
    /(?:libcusparse|libcublas|libnvJitLink)[\w.]*: undefined symbol/,
  ],
  hints: [/Could not load dynamic library '(?<lib>(?:lib)?(?:cu|nv|nccl)[\w.-]+)'/, /Cannot dlopen some GPU libraries/],
  when: (found, log) =>
    !/CUDA_SETUP: WARNING|WARNING! libcudart/.test(found.line.text) &&
    !/bitsandbytes|CUDA SETUP/i.test(found.line.text) &&
    !log.has('Ignore above cudart dlerror'),
  explains: (found) =>
    `The framework looks for ${found.groups['lib'] ?? 'a CUDA library'} and does not find it: that version of CUDA or cuDNN is not installed, or its folder is not on the library path.`,
  fixes: () => [
    manual(
      'Install the CUDA and cuDNN versions that this build of the framework was made for (pip install "tensorflow[and-cuda]" or a CUDA wheel of torch brings them)',
    ),
    command(
      'Put their folder on the library path (LD_LIBRARY_PATH; on Windows PATH)',
      'export LD_LIBRARY_PATH=/usr/local/cuda/lib64:$LD_LIBRARY_PATH',
    ),
    maybe('Or install the CPU build when there is no GPU'),
  ],
})

export const nvmlMismatch = cause({
  code: 'FT-GPU-NVML',
  slug: 'nvml-driver-mismatch',
  title: 'The NVIDIA kernel module and libraries have different versions',
  matches: [
    /(?:Driver\/library|NVML\/RM) version mismatch/i,
    /NVML_ERROR_LIB_RM_VERSION_MISMATCH|NVMLError_LibRmVersionMismatch/,
    /API mismatch: the (?:NVIDIA kernel module|client) has (?:the )?version/i,
    /RmVersionMismatch|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH|system has unsupported display driver \/ cuda driver combination/i,
  ],
  explains: () =>
    'The driver was updated while the old kernel module is still loaded (often by an automatic update), so nvidia-smi and CUDA refuse to work.',
  fixes: () => [
    command('Reboot the machine', 'sudo reboot'),
    command(
      'Or reload the kernel modules when nothing uses the GPU',
      'sudo rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia && sudo modprobe nvidia',
    ),
  ],
})

export const bitsandbytes = cause({
  code: 'FT-BNB-CUDA',
  slug: 'bitsandbytes-cuda-setup',
  title: 'bitsandbytes did not find its CUDA libraries',
  matches: [
    /CUDA Setup failed despite (?:GPU|CUDA) being available/i,
    /CUDA SETUP: (?:Setup Failed|Setup failed|Required library version not found|CUDA detection failed|Something unexpected happened|Loading binary .{0,300}libbitsandbytes_cpu\.so)/i,
    /libbitsandbytes_cpu\.so: undefined symbol/,
    /(?:undefined symbol: |has no attribute ')(?:cget_\w+|cquantize\w+|cadam\w+|get_context|cgemm\w*)/,
    /Could not find the bitsandbytes CUDA binary/i,
    /Configured (?:CUDA|ROCm) binary not found at/i,
    /bitsandbytes was compiled without GPU support|Only the CPU version of bitsandbytes/i,
    /The following directories listed in your path were found to be non-existent.{0,400}/i,
    /No module named 'bitsandbytes\.(?:cuda_setup|cextension)'|bitsandbytes.{0,80}(?:libcudart|cuda_setup).{0,120}(?:not found|failed)/i,
    /Make sure you have CUDA drivers installed.{0,60}bitsandbytes|python -m bitsandbytes/i,
  ],
  when: (found, log) => isBitsandbytes(found, log),
  explains: () =>
    'bitsandbytes looks for a library built for the CUDA version of this machine, and found none that loads: no CUDA on the library path, another version, or a CPU-only build.',
  fixes: () => [
    command('See what it finds and misses', 'python -m bitsandbytes'),
    command('Install a current version, which brings binaries for CUDA 11.8 to 12.x', 'pip install -U bitsandbytes'),
    command('Put the CUDA libraries on the path', 'export LD_LIBRARY_PATH=/usr/local/cuda/lib64:$LD_LIBRARY_PATH'),
  ],
})

function isBitsandbytes(found: Found, log: Log): boolean {
  if (!/bitsandbytes|CUDA SETUP|CUDA Setup/.test(log.text)) return false
  if (/directories listed in your path|without GPU support|CPU version of/i.test(found.line.text)) {
    return (
      /Error|failed/i.test(log.text.slice(-4000)) &&
      /CUDA Setup failed|undefined symbol|cget_|has no attribute/i.test(log.text)
    )
  }
  if (/python -m bitsandbytes$/.test(found.line.text.trim())) return /CUDA Setup failed|setup failed/i.test(log.text)
  return true
}

export const gpuXid = cause({
  code: 'FT-GPU-XID',
  slug: 'gpu-xid-error',
  title: 'The NVIDIA driver reported a fault (Xid)',
  matches: [/NVRM: Xid \(.{1,60}\): (?<xid>\d+)/, /\bXid[ :=]+\(?(?<xid>\d+)/, /Xid (?:error|errors|event)/i],
  when: (found) => !/ECC|DBE|double bit/i.test(found.line.text),
  explains: (found) =>
    `The kernel log has an Xid${found.groups['xid'] === undefined ? '' : ` ${found.groups['xid']}`}: the driver saw the GPU or a program on it misbehave (13 and 31 are mostly a bad memory access, others driver or hardware).`,
  fixes: () => [
    command('Read the kernel log around it', 'dmesg -T | grep -i -E "xid|nvrm"'),
    manual(
      'Check driver version, power and cooling; reset the GPU (nvidia-smi --gpu-reset) or take another node, and report the node if it returns',
    ),
  ],
})

export const gpuEcc = cause({
  code: 'FT-GPU-ECC',
  slug: 'gpu-ecc-error',
  title: 'The GPU has a memory fault that ECC cannot correct',
  matches: [
    /uncorrectable ECC error/i,
    /CUDA_ERROR_ECC_UNCORRECTABLE|cudaErrorECCUncorrectable|CUDA error 214\b/i,
    /(?:double[- ]bit|uncorrectable|DBE).{0,40}(?:ECC|memory error)/i,
    /row[- ]remapp(?:ing|er).{0,60}(?:fail|pending|required)/i,
  ],
  explains: () =>
    'A memory cell of the GPU is broken. The computation was stopped because its numbers could no longer be trusted.',
  fixes: () => [
    manual('Run again on another node or GPU (Slurm: --exclude=NODE)'),
    command('Reset the GPU or reboot the node, and look at its error counters', 'nvidia-smi -q -d ECC,ROW_REMAPPER'),
    manual('Report it to whoever owns the hardware; if it returns, the GPU must be replaced'),
  ],
})

export const gpuLost = cause({
  code: 'FT-GPU-LOST',
  slug: 'gpu-lost',
  title: 'The driver lost the GPU',
  matches: [
    /GPU (?:is|has been) lost/i,
    /NVML_ERROR_GPU_IS_LOST|NVMLError_GpuIsLost/,
    /GPU has fallen off the bus|fallen off the bus/i,
    /Unable to determine the device handle for (?:GPU|gpu).{0,80}/i,
  ],
  explains: () =>
    'The GPU no longer answers on the bus: overheating, not enough power, a loose card or a driver crash.',
  fixes: () => [
    command('Read the kernel log for the reason', 'dmesg -T | grep -i -E "nvrm|xid|pcie"'),
    manual('Reboot the machine; check power supply, cooling and driver; if it returns, the hardware is at fault'),
  ],
})

export const tensorflowMemory = cause({
  code: 'FT-TF-OOM',
  slug: 'tf-gpu-oom',
  title: 'TensorFlow ran out of GPU memory',
  matches: [
    /OOM when allocating tensor with shape ?(?<shape>\[[\d,]+\])/i,
    /\bResourceExhaustedError\b/,
    /RESOURCE_EXHAUSTED: .{0,60}(?:OOM|Out of memory|out of memory|failed to allocate)/i,
    /(?:failed to allocate [\d.]{1,12}\S{0,8} .{0,40}from device|Allocator \(GPU_\d+_bfc\) ran out of memory)/i,
    /Dst tensor is not initialized/i,
  ],
  when: (found, log) =>
    !isTfjs(log) &&
    !/No space left|disk/i.test(found.line.text) &&
    !/ran out of memory trying to allocate .{0,80}The caller indicates that this is not a failure/.test(
      found.line.text,
    ),
  explains: (found) =>
    `A tensor${found.groups['shape'] === undefined ? '' : ` of shape ${found.groups['shape']}`} did not fit into the GPU memory beside what TensorFlow already holds.`,
  fixes: () => [
    manual('Lower the batch size (or picture and sequence size)'),
    manual('See who else uses the GPU memory (notebooks keep it until they are shut down)', { command: 'nvidia-smi' }),
    maybe(
      'Let TensorFlow take memory as needed: tf.config.experimental.set_memory_growth(gpu, True), and mixed_float16',
    ),
  ],
})

const isTfjs = (log: Log) => /tfjs|node_modules|\bat \S+ \(.{1,200}\.js:\d+|node-gpu/.test(log.text)

export const tfjsMemory = cause({
  code: 'FT-TFJS-OOM',
  slug: 'tfjs-gpu-oom',
  title: 'TensorFlow.js ran out of GPU memory',
  matches: [
    /OOM when allocating tensor with shape ?(?<shape>\[[\d,]+\])/i,
    /Requested texture size .{0,80}(?:greater than|is invalid)/i,
    /(?:Failed to compile fragment shader|Unable to create WebGLTexture|CONTEXT_LOST_WEBGL)/,
    /High memory usage in GPU: (?<size>[\d.]+) MB, most likely due to a memory leak/i,
    /(?:RESOURCE_EXHAUSTED|ResourceExhausted).{0,80}/i,
  ],
  hints: [
    /OP_REQUIRES failed at .{1,120} : Resource exhausted: OOM when allocating tensor with shape ?(?<shape>\[[\d,]+\])/,
  ],
  when: (found, log) =>
    isTfjs(log) || (!/Traceback|File "|\.py\b|ResourceExhaustedError/.test(log.text) && found.line.level === 'warning'),
  explains: () => 'Tensors of TensorFlow.js live until they are disposed; kept across steps they fill the GPU.',
  fixes: () => [
    manual('Dispose of tensors: wrap each step in tf.tidy(), or call dispose(); tf.memory().numTensors must not grow'),
    manual('Lower the batch size, or take a smaller model'),
  ],
})
