import { cause } from '../cause.ts'
import { command, halveBatch, manual, maybe } from '../fix.ts'
import type { RunFacts } from '../facts.ts'

const smaller = (facts: RunFacts) => {
  const fix = halveBatch(facts)
  return fix === null ? [] : [fix]
}
const blocking = command(
  'Find the operation: run again with CUDA_LAUNCH_BLOCKING=1 (or once on the CPU, whose message is exact)',
  'CUDA_LAUNCH_BLOCKING=1 python train.py',
)

export const deviceSideAssert = cause({
  code: 'FT-CUDA-ASSERT',
  slug: 'device-side-assert',
  title: 'An index on the GPU was out of range',
  matches: [
    /device-side assert(?: triggered)?/i,
    /\.cu:\d+.{0,300}Assertion `.{1,120}` failed/,
    /cudaErrorAssert|CUDA error 59|cuda runtime error \(59\)|cuda runtime error \(710\)/i,
    /Assertion `(?:t >= 0 && t < n_classes|srcIndex < srcSelectDimSize|index >= -sizes\[i\] && index < sizes\[i\]|input_val >= zero)/,
  ],
  explains: () =>
    'A GPU kernel got an index outside its table and stopped: nearly always a label that is not below num_labels, or a token id beyond the vocabulary. The line in the traceback is a later one.',
  fixes: () => [
    blocking,
    manual(
      'Check that labels are 0 … num_labels - 1, and that tokenizer and model belong together (resize_token_embeddings after adding tokens)',
    ),
    manual('Restart the process: after such an error the GPU context is unusable'),
  ],
})

export const illegalMemory = cause({
  code: 'FT-CUDA-ILLEGAL-MEMORY',
  slug: 'cuda-illegal-memory-access',
  title: 'A CUDA kernel read or wrote memory that is not its own',
  matches: [
    /an illegal memory access was encountered/i,
    /CUDA_ERROR_ILLEGAL_ADDRESS|cudaErrorIllegalAddress|CUDA error 700|cuda runtime error \((?:77|700)\)/i,
    /CUDA error: (?:misaligned address|unspecified launch failure|an illegal instruction was encountered)|CUDA_ERROR_LAUNCH_FAILED|cudaErrorMisalignedAddress|cudaErrorLaunchFailure/i,
  ],
  when: (found) => !/NCCL|Watchdog/.test(found.line.text) || /illegal memory access/.test(found.line.text),
  explains: () =>
    'A kernel accessed a wrong address: an index out of bounds, a custom or fused operation that does not fit the installed versions, or (rarely) faulty hardware. The error is reported by a later call.',
  fixes: () => [
    blocking,
    maybe(
      'Turn custom kernels off (flash attention, fused optimizers, torch.compile), or update them together with torch',
    ),
    manual('Check indices and shapes; if it happens with everything, test the GPU', {
      command: 'compute-sanitizer python train.py',
    }),
  ],
})

export const cublas = cause({
  code: 'FT-CUBLAS',
  slug: 'cublas-error',
  title: 'A cuBLAS call failed',
  matches: [
    /CUBLAS_STATUS_(?:EXECUTION_FAILED|NOT_INITIALIZED|INTERNAL_ERROR|INVALID_VALUE|NOT_SUPPORTED|MAPPING_ERROR|ARCH_MISMATCH|ALLOC_FAILED)/,
    /(?:Blas|BLAS) (?:GEMM|SGEMM|xGEMM|GEMV)\w* launch failed/i,
    /failed to create cublas handle/i,
    /cublas (?:runtime )?error/i,
    /Attempting to perform BLAS operation using StreamExecutor without BLAS support/i,
  ],
  explains: () =>
    'cuBLAS, which multiplies matrices, failed. Behind it is mostly a full GPU (its workspace could not be allocated), or an index out of range (label or token id) in an operation before.',
  fixes: (_found, facts) => [
    ...smaller(facts),
    blocking,
    manual('Check labels (0 … num_labels - 1) and token ids against the vocabulary'),
    manual('See whether another process fills the GPU memory', { command: 'nvidia-smi' }),
  ],
})

export const cudnn = cause({
  code: 'FT-CUDNN',
  slug: 'cudnn-error',
  title: 'cuDNN failed',
  matches: [
    /CUDNN_STATUS_\w+/,
    /cuDNN (?:error|Error|library|launch failure)/,
    /(?:Fail(?:ed)?|Could not) to (?:find|create|load|initialize) (?:the )?(?:dnn implementation|cudnn)/i,
    /Could not create cudnn handle|Failed to get convolution algorithm/i,
    /DNN library is not found|No DNN in stream executor|cuDNN isn't available/i,
    /Unable to find a valid cuDNN algorithm|FIND was unable to find an engine to execute this computation/i,
    /Loaded runtime CuDNN library: \S+ but source was compiled with/i,
    /cuDNN version (?:incompatibility|mismatch)/i,
  ],
  when: (found) => found.line.level !== 'info' && !/Successfully opened/.test(found.line.text),
  explains: () =>
    'cuDNN, which computes convolutions and recurrent layers, failed: the GPU is out of memory, its version does not match driver and CUDA, or two versions are on the library path.',
  fixes: (_found, facts) => [
    ...smaller(facts),
    manual('Check that driver, CUDA and cuDNN versions match, and that LD_LIBRARY_PATH brings no second cuDNN', {
      command: 'python -c "import torch; print(torch.backends.cudnn.version(), torch.version.cuda)"',
    }),
    maybe('Turn it off to see whether it is to blame: torch.backends.cudnn.enabled = False', { cost: 'slower' }),
  ],
})

export const forked = cause({
  code: 'FT-CUDA-FORK',
  slug: 'cuda-in-forked-subprocess',
  title: 'CUDA was used before worker processes were forked',
  matches: [
    /Cannot re-initialize CUDA in forked subprocess/i,
    /you must use the 'spawn' start method/i,
    /CUDA error: initialization error|cuda runtime error \(3\) ?: initialization error|CUDA_ERROR_NOT_INITIALIZED/i,
    /CUDA (?:has been|was) (?:already )?initialized before (?:the )?(?:process(?:es)?|fork|`?notebook_launcher)/i,
    /To launch a multi-GPU training from your notebook, .{0,80}(?:initialized CUDA|CUDA)/i,
  ],
  when: (found) =>
    !/initialization error|NOT_INITIALIZED/.test(found.line.text) ||
    found.above(80).some((line) => /worker|fork|multiprocess|Pool/i.test(line)),
  explains: () =>
    'A CUDA context cannot be shared with a forked child. Something touched the GPU in the parent (or in a dataset) before workers started.',
  fixes: () => [
    manual(
      "Start workers with spawn: torch.multiprocessing.set_start_method('spawn', force=True) under if __name__ == '__main__'",
    ),
    manual('Or do not touch CUDA before workers start: keep tensors of the dataset on the CPU, num_workers=0'),
  ],
})

export const torchWithoutCuda = cause({
  code: 'FT-TORCH-CPU-BUILD',
  slug: 'torch-without-cuda',
  title: 'This PyTorch was built without CUDA',
  matches: [
    /Torch not compiled with CUDA enabled/i,
    /PyTorch (?:is|was) not (?:compiled|built|linked) with (?:support for )?cuda/i,
    /torch\.\w+ .{0,40}built without CUDA|CPU-only (?:build|version) of (?:PyTorch|torch)/i,
  ],
  explains: () =>
    'The installed torch is a CPU build (the default on Windows and in some environments), so it cannot use the GPU.',
  fixes: () => [
    command(
      'Install a CUDA build of torch',
      'pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu126',
    ),
    maybe('Or run on the CPU: device="cpu", use_cpu=True', { cost: 'slow' }),
  ],
})

export const checkpointOnCpu = cause({
  code: 'FT-CUDA-CHECKPOINT-CPU',
  slug: 'cuda-checkpoint-on-cpu',
  title: 'A checkpoint saved on a GPU is loaded where there is none',
  matches: [
    /Attempting to deserialize object on (?:a )?CUDA device/i,
    /use torch\.load with map_location=(?:torch\.device\()?'cpu'/i,
    /torch\.load.{0,60}map_location=.{0,40}cpu/i,
  ],
  explains: () =>
    'The tensors in the file remember their GPU, and torch.cuda.is_available() is False (or that GPU number does not exist) here.',
  fixes: () => [manual("Pass map_location='cpu' to torch.load"), maybe('Or run on a machine where the GPU is visible')],
})
