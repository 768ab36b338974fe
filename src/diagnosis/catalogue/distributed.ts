import { cause } from '../cause.ts'
import { command, manual, maybe } from '../fix.ts'

export const ncclTimeout = cause({
  code: 'FT-NCCL-TIMEOUT',
  slug: 'nccl-timeout',
  title: 'A collective operation timed out: the ranks diverged or one stalled',
  tier: 'general',
  matches: [
    /Watchdog caught collective operation timeout/i,
    /collective operation timeout: WorkNCCL/i,
    /(?:NCCL|Gloo|gloo|collective|barrier|c10d|Store).{0,80}(?:timed out|timeout|Timed out).{0,40}/,
    /Some NCCL operations have failed or timed out/i,
    /Timed out waiting (?:\d+ ?ms )?for (?:recv|send|clients|.{0,40}barrier)/i,
    /Socket Timeout.{0,200}(?:store|rank)|(?:store|TCPStore).{0,120}[Ss]ocket [Tt]imeout/i,
    /monitoredBarrier failed|Rank \d+ failed to pass monitoredBarrier/i,
    /DistStoreError: Timed out/,
  ],
  when: (found) => !/ssh|http|wandb/i.test(found.line.text),
  explains: () =>
    'All ranks must call the same collectives; one stopped, does more or other steps than the rest, or is slow (saving, tokenizing on rank 0), and the others waited until the limit.',
  fixes: () => [
    manual(
      'Find the rank that stalled or failed first: look for another error above, and log the step of each rank (TORCH_NCCL_TRACE_BUFFER_SIZE, py-spy dump)',
    ),
    manual(
      'Make every rank run the same number of steps (drop_last, the same data, no rank-only evaluation or saving)',
    ),
    maybe('Give slow phases more time: ddp_timeout=7200'),
  ],
})

export const nccl = cause({
  code: 'FT-NCCL',
  slug: 'nccl-error',
  title: 'NCCL failed',
  tier: 'general',
  matches: [
    /NCCL error|ncclUnhandledCudaError|ncclSystemError|ncclInternalError|ncclInvalidUsage|ncclRemoteError|ncclInvalidArgument/i,
    /unhandled (?:cuda|system) error.{0,60}NCCL/i,
    /NCCL (?:communicator was aborted|backend .{0,60}(?:fail|not available)|failure|operation .{0,40}failed)/i,
    /Duplicate GPU detected : rank \d+/i,
    /Distributed package doesn't have NCCL/i,
    /ProcessGroupNCCL is only supported with GPUs/i,
    /NCCL WARN (?:Cuda failure|Call to \w+ failed|Bootstrap|Connect to .{1,80} failed|Error while)/,
    /(?:connectFullMesh failed|Connection closed by peer).{0,60}|\bgloo\b.{0,60}(?:Connection|connect).{0,60}(?:refused|closed|reset)/i,
  ],
  hints: [/NCCL WARN (?:Cuda failure|Call to \w+ failed|Connect to .{1,80} failed)/],
  when: (found) => !/Connection closed by peer/.test(found.line.text) || /gloo|nccl|rank/i.test(found.line.text),
  explains: (found) => {
    const kind = /unhandled cuda error|unhandled system error|invalid usage|internal error|remote process exited/i.exec(
      found.line.text,
    )?.[0]
    return `NCCL, which moves gradients between GPUs, failed${kind === undefined ? '' : ` (${kind})`}: driver, interconnect, network interface, shared memory, two ranks on one GPU, or another rank that died first.`
  },
  fixes: () => [
    command(
      'Run again with NCCL_DEBUG=INFO: its WARN line names the reason',
      'NCCL_DEBUG=INFO torchrun --nproc_per_node=2 train.py',
    ),
    manual(
      'Check that each rank has its own GPU (LOCAL_RANK), that /dev/shm is large enough, and that NCCL_SOCKET_IFNAME names the right network interface',
    ),
    maybe('Try NCCL_P2P_DISABLE=1 or NCCL_IB_DISABLE=1 to see which transport is to blame', { cost: 'slower' }),
  ],
})

export const deviceMapDistributed = cause({
  code: 'FT-DIST-DEVICE-MAP',
  slug: 'device-map-auto-distributed',
  title: "A model loaded with device_map='auto' is trained by several processes",
  matches: [
    /can't train a model that has been loaded with `?device_map=['"]?auto['"]?`? in any distributed mode/i,
    /device_map=['"]?auto['"]?.{0,80}(?:distributed|multiple processes|torchrun|DDP)/i,
    /loaded (?:in|with) .{0,60}(?:8-bit|4-bit|quantized|device_map).{0,80}on (?:a )?different device than the one/i,
  ],
  explains: () =>
    "device_map='auto' spreads one copy of the model over all GPUs, while torchrun or accelerate starts a process with a whole copy for each: both cannot be.",
  fixes: () => [
    manual(
      "Leave device_map out when several processes train (or give each its own: device_map={'': PartialState().local_process_index})",
    ),
    command('Or start a single process', 'python train.py'),
  ],
})

export const portInUse = cause({
  code: 'FT-DIST-PORT',
  slug: 'port-in-use',
  title: 'The port where the ranks meet is taken',
  matches: [
    /(?:EADDRINUSE|address already in use|Address already in use).{0,200}/,
    /The server socket has failed to listen on any local network address/i,
    /(?:port|Port) \d{2,5} (?:is )?(?:already )?(?:in use|being used|occupied)/,
    /failed to bind to \S{0,80}:\d{2,5}/i,
  ],
  when: (found, log) =>
    /torch|rank|c10d|master|rendezvous|rdzv|distributed|TCPStore|deepspeed|accelerate|server socket/i.test(
      `${found.line.text}\n${found.above(40).join('\n')}`,
    ) || /torchrun|MASTER_PORT|init_process_group|rdzv/.test(log.text),
  explains: () =>
    'Another process listens on the master port (29500 unless set): a second run on this machine, or one that was not ended.',
  fixes: () => [
    command('Choose another port (0 picks a free one)', 'torchrun --master_port=29501 train.py'),
    command('Or stop the old process', 'lsof -i :29500'),
  ],
})
