import { cause, type Found } from '../cause.ts'
import { change, command, computeLayersAgain, halveBatch, manual, maybe } from '../fix.ts'

export const diskFull = cause({
  code: 'FT-DISK-FULL',
  slug: 'disk-full',
  title: 'The disk (or quota) is full',
  matches: [
    /No space left on device/i,
    /Disk quota exceeded|\[Errno 122\]/i,
    /\bEDQUOT\b/,
    /\bENOSPC\b(?!: System limit for number of file watchers)/,
    /(?:Not enough|not enough|insufficient|Insufficient) (?:free )?disk space/,
    /PytorchStreamWriter failed writing file|enforce fail at inline_container\.cc:\d+.{0,160}/,
    /\[WinError 112\]|There is not enough space on the disk/i,
    /database or disk is full|SQLITE_FULL/i,
    /I\/O error: No space|iostream error|basic_ios::clear.{0,20}iostream/i,
    /exceeded (?:your|the) (?:disk|storage|space) quota|quota exceeded/i,
  ],
  engine: ['disk-full', 'hub-disk-full'],
  when: (found) =>
    (!/file watchers|PytorchStreamReader|CUDA|hourly quotas|memory quota/.test(found.line.text) &&
      !/inline_container/.test(found.line.text)) ||
    /Writer|unexpected pos|PytorchStreamWriter/.test(found.line.text),
  explains: (_found, facts) =>
    `A file could not be written: nothing is left of the disk or of your quota.${facts.args?.save_total_limit === null || facts.args?.save_total_limit === undefined ? ' Each checkpoint holds the weights and twice their size of optimizer state, and none is deleted unless save_total_limit is set.' : ''}`,
  coversRemedy: ({ engineCode }) => engineCode === 'disk-full',
  fixes: (_found, facts) => [
    command(
      'See what fills it, and free space',
      'df -h . ~/.cache && du -sh ~/.cache/huggingface checkpoint-* 2>/dev/null',
    ),
    change(facts, { save_total_limit: 1 }, 'only the newest checkpoint is kept; the model stays the same'),
    manual('Move the cache (HF_HOME) or the output folder to a bigger disk; TMPDIR too if /tmp is small'),
  ],
})

export const hostMemory = cause({
  code: 'FT-HOST-OOM',
  slug: 'host-oom-killed',
  title: 'Most likely the machine ran out of memory (RAM)',
  tier: 'general',
  matches: [
    /(?:^|\s|: )(?:\d+ )?Killed\s*$/,
    /\bKilled\b +(?:python|accelerate|torchrun|node|sh|bash|\/|nohup|srun|CUDA_)/,
    /(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process/i,
    /oom-kill:constraint|invoked oom-killer|oom_reaper: reaped process/i,
    /DefaultCPUAllocator: (?:can't allocate memory|not enough memory)/i,
    /(?:terminated|exited|died|killed|failed).{0,80}(?:SIGKILL|signal 9\b|Signal 9\b)|SIGKILL.{0,40}(?:signal 9|-9)|was killed \(SIGKILL\)/,
    /(?:exitcode|exit code|Exit code|exit status|returned|return code|exited with|exit_code)\D{0,12}(?:-9|137)\b/,
    /\bMemoryError(?::|\s*$)|numpy\S{0,40}ArrayMemoryError|_ArrayMemoryError/,
    /Unable to allocate [\d.]+ [KMGT]iB for an array/i,
    /Cannot allocate memory|std::bad_alloc|\[Errno 12\]|\[enforce fail at alloc_cpu\.cpp/i,
    /OutOfMemoryError: (?:Task was killed|Java heap space)|Workers? .{0,60}killed .{0,60}(?:memory|OOM)|due to memory pressure|OOMKilled/i,
    /JavaScript heap out of memory|Reached heap limit Allocation failed/i,
    /The paging file is too small|\[WinError 1455\]|realloc of size \d+ failed|ArrowMemoryError/i,
    /(?:session|runtime|kernel) (?:crashed|died|restarted) (?:after|because).{0,60}(?:RAM|memory)/i,
    /A process in the process pool was terminated abruptly|BrokenProcessPool/,
    /One of the subprocesses has abruptly died during map operation/i,
  ],
  when: (found, log) =>
    !/CUDA out of memory|GPU_\d|slurmstepd|oom-kill event/i.test(found.line.text) &&
    (!/SIGKILL|signal 9|-9|137|Killed\b/.test(found.line.text) ||
      !/CUDA out of memory|DUE TO TIME LIMIT|slurmstepd: error: .{0,40}(?:oom|memory)/i.test(log.text)),
  explains: whyKilled,
  fixes: (_found, facts) => [
    command('See whether it was memory', 'dmesg -T | grep -i -E "killed process|out of memory" | tail'),
    // A run of this engine has no workers and no lists: its batch is what it holds.
    ...(facts.args === undefined ? elsewhere : [halveBatch(facts), computeLayersAgain(facts)]).filter(
      (fix) => fix !== null,
    ),
    manual('Free memory that other programs hold, raise the limit (container, Slurm --mem), or take a larger machine'),
  ],
})

const elsewhere = [
  manual(
    'Use less RAM: fewer dataloader workers (num_workers, num_proc), streaming or memory-mapped data instead of lists, a smaller batch, low_cpu_mem_usage=True for large models',
  ),
  maybe('Keep predictions out of memory while evaluating: eval_accumulation_steps, preprocess_logits_for_metrics'),
]

/** SIGKILL says nothing of its reason; what names memory does. */
function whyKilled({ line }: Found): string {
  if (!/kill|signal 9\b|-9\b|\b137\b/i.test(line.text)) {
    return 'The memory of the machine, not of the GPU, was used up: it had no more to give.'
  }
  if (/memory|oom/i.test(line.text)) {
    return 'The kernel (or the container) ended the process with SIGKILL because the memory of the machine, not of the GPU, was used up; -9 and 137 mean the same.'
  }
  return 'The process was ended with SIGKILL (-9 and 137 mean the same), which leaves it no time to say why. Mostly that is the kernel or the container when the memory of the machine, not of the GPU, is used up; a person who kills it looks the same.'
}

export const sharedMemory = cause({
  code: 'FT-SHM',
  slug: 'shm-too-small',
  title: 'Data loader workers ran out of shared memory',
  matches: [
    /insufficient shared memory \(shm\)/i,
    /DataLoader worker .{0,80}is killed by signal: Bus error/i,
    /dataloader's workers are out of shared memory/i,
    /unable to (?:open|mmap|allocate) shared memory (?:object|file)?.{0,160}/i,
    /(?:\/dev\/shm).{0,120}(?:No space left|too small|not enough|insufficient)|(?:No space left|too small|not enough).{0,120}\/dev\/shm/i,
    /Bus error \(core dumped\)/i,
    /unable to write to file <\/torch_/,
    /Error while creating shared memory segment .{0,120}/i,
  ],
  when: (found) => !/Too many open files/.test(found.line.text),
  explains: () =>
    'Workers of the data loader (and NCCL) pass tensors through /dev/shm; a container gives it 64 MB unless told otherwise.',
  fixes: () => [
    manual('Lower num_workers (dataloader_num_workers=0 needs no shared memory)', { cost: 'slower loading' }),
    command(
      "Enlarge shared memory: start the container with more, or with the host's",
      'docker run --shm-size=16g …   # or --ipc=host',
    ),
  ],
})

export const openFiles = cause({
  code: 'FT-OPEN-FILES',
  slug: 'too-many-open-files',
  title: 'The limit of open files was reached',
  matches: [
    /Too many open files/i,
    /\bEMFILE\b|\bENFILE\b/,
    /received 0 items of ancdata/i,
    /unable to open shared memory object .{0,80}Too many open files/i,
    /Number of open files limit|maximum number of (?:open )?file (?:descriptors|handles)/i,
    /ENOSPC: System limit for number of file watchers reached/,
  ],
  explains: () =>
    'Every tensor that a data loader worker passes on holds a file descriptor, and the limit of the process (often 1024) was reached.',
  fixes: () => [
    command('Raise the limit in the shell that starts the run', 'ulimit -n 65535'),
    manual("Or share through files instead of descriptors: torch.multiprocessing.set_sharing_strategy('file_system')"),
    manual('Or use fewer workers (num_workers)'),
  ],
})

export const workerDied = cause({
  code: 'FT-WORKER-DIED',
  slug: 'dataloader-worker-died',
  title: 'A data loader worker exited unexpectedly',
  tier: 'consequence',
  matches: [
    /DataLoader worker \(pid(?:\(s\))? [\d, ]+\) (?:exited unexpectedly|is killed by signal: (?!Bus))/i,
    /An attempt has been made to start a new process before the\s/i,
    /(?:Pin memory|pin_memory) thread exited unexpectedly/i,
    /_worker_loop.{0,200}(?:EOFError|BrokenPipe)|Can't (?:pickle|get attribute) .{1,200}(?:worker|__main__|local object)/i,
  ],
  when: (found) =>
    !/insufficient shared memory/.test(found.line.text) &&
    (!/pickle|get attribute/.test(found.line.text) ||
      found.above(40).some((line) => /dataloader|DataLoader|multiprocessing/.test(line))),
  explains: (found) =>
    /before the/.test(found.line.text)
      ? 'On Windows and macOS each worker imports the script again; without a __main__ guard it starts workers of its own.'
      : 'A worker process died without a message: killed for memory, crashed in native code, or multiprocessing in a notebook or on Windows.',
  fixes: (found) => [
    manual('Set num_workers=0 (dataloader_num_workers=0): the real error is then shown in the main process'),
    manual("Guard the start of the script: if __name__ == '__main__':"),
    ...(/before the/.test(found.line.text)
      ? []
      : [maybe('Lower memory use: fewer workers, a smaller batch, data that is not held in RAM')]),
  ],
})
