import type { Cause } from '../cause.ts'
import * as adapters from './adapters.ts'
import * as batches from './batches.ts'
import * as apis from './changed-apis.ts'
import * as checkpoints from './checkpoints.ts'
import * as cudaRuntime from './cuda-runtime.ts'
import * as cudaSetup from './cuda-setup.ts'
import * as files from './dataset-files.ts'
import * as discord from './discord.ts'
import * as distributed from './distributed.ts'
import * as engine from './engine.ts'
import * as environment from './environment.ts'
import * as hub from './hub.ts'
import * as hubDownloads from './hub-downloads.ts'
import * as javascript from './javascript.ts'
import * as memory from './memory.ts'
import * as refusals from './refusals.ts'
import * as renamed from './renamed-arguments.ts'
import * as resources from './resources.ts'
import * as slurm from './slurm.ts'
import * as ssh from './ssh.ts'
import * as tensors from './tensors.ts'
import * as wandb from './wandb.ts'

/**
 * Every cause, the more specific first: of two that match the same line, the one that stands earlier is told.
 * How matches on different lines are weighed is in match/choose.ts.
 */
export const CATALOGUE: readonly Cause[] = [
  // What a name in the message tells exactly.
  renamed.evaluationStrategyRenamed,
  renamed.evalStrategyTooNew,
  renamed.noCuda,
  renamed.trainingArgumentChanged,
  apis.trainerTokenizer,
  apis.computeLossArguments,
  apis.adamwRemoved,
  apis.loadMetricRemoved,
  apis.kerasThree,
  apis.accelerateMissing,
  apis.bestModelStrategies,
  apis.datasetScripts,
  apis.trustRemoteCode,
  environment.numpyTwo,
  environment.numpySizeChanged,
  environment.dependencyPin,
  environment.protobuf,
  environment.sentencepiece,
  environment.glibc,

  // Weights & Biases before the Hub: both meet the same network.
  wandb.wandbNoKey,
  wandb.wandbUnauthorized,
  wandb.wandbDuplicateRun,
  wandb.wandbSweepMetric,
  wandb.wandbEntity,
  wandb.wandbLogPermission,
  wandb.wandbNetwork,

  javascript.tjsUnauthorized,
  javascript.tjsFileNotFound,
  checkpoints.adapterFiles,
  hub.xet,
  hub.gatedRepo,
  hub.hubRateLimit,
  hub.hubWriteForbidden,
  hub.hubInvalidToken,
  hub.uploadInterrupted,
  hub.repoNotFound,
  hub.hubOffline,
  hubDownloads.hubDown,
  hubDownloads.hubCut,
  hubDownloads.hubForbidden,
  hubDownloads.hubDisabled,
  hubDownloads.modelUnsupported,

  // A broken GPU before what it makes fail.
  cudaSetup.gpuEcc,
  cudaSetup.gpuXid,
  cudaSetup.gpuLost,
  cudaSetup.nvmlMismatch,
  cudaSetup.bitsandbytes,
  cudaSetup.driverTooOld,
  cudaSetup.noKernelImage,
  cudaSetup.sharedLibrary,
  cudaRuntime.torchWithoutCuda,
  cudaRuntime.checkpointOnCpu,
  cudaRuntime.forked,
  cudaSetup.tfjsMemory,
  cudaSetup.tensorflowMemory,
  memory.outOfMemoryInEvaluation,
  memory.outOfMemoryInLoading,
  memory.outOfMemory,
  memory.outOfMemoryInEngine,
  cudaRuntime.deviceSideAssert,
  cudaRuntime.illegalMemory,
  cudaRuntime.cublas,
  cudaRuntime.cudnn,
  distributed.deviceMapDistributed,
  distributed.ncclTimeout,
  distributed.nccl,
  distributed.portInUse,

  tensors.fp16Unscale,
  tensors.bf16Unsupported,
  tensors.fp16NeedsGpu,
  batches.labelFloat,
  tensors.deviceMismatch,
  tensors.dtypeMismatch,
  tensors.lossNan,

  files.datasetNotRegistered,
  files.unknownSplit,
  files.schemaMismatch,
  files.jsonParse,
  files.csvParse,
  files.noColumnsMatch,
  files.emptyDataset,
  batches.noLoss,
  files.extraColumn,
  files.chatTemplate,
  batches.labelOutOfRange,
  batches.needsPadding,
  batches.padToken,
  batches.tooLong,
  batches.embeddingRange,
  batches.batchSizes,
  batches.collateShapes,
  adapters.evaluateFormat,
  adapters.averageBinary,
  adapters.loraTargets,
  adapters.quantizedNeedsAdapters,
  checkpoints.headSize,
  checkpoints.weightsOnly,
  checkpoints.safetensorsHeader,
  checkpoints.noCheckpoint,
  checkpoints.stateKeys,
  // A bare KeyError says least, so it stands last of the data.
  files.missingColumn,

  javascript.tfjsNodeVersion,
  javascript.tfjsPlatform,
  javascript.tfjsBinding,
  javascript.tfjsBackend,
  javascript.tfjsInstall,
  javascript.ortLibrary,
  javascript.nodeAbi,
  javascript.sqliteLocked,

  slurm.slurmPartition,
  slurm.slurmAccount,
  slurm.slurmNodeConfig,
  slurm.slurmMemory,
  slurm.slurmTime,
  slurm.slurmLineBreaks,
  slurm.slurmScript,
  slurm.slurmController,
  slurm.slurmNode,
  ssh.sshHostKey,
  ssh.sshPublicKey,
  ssh.sshUnreachable,
  ssh.sshHostUnknown,

  engine.oneLabel,
  engine.dataUnreadable,
  engine.pathOutside,
  engine.modelUnreadable,
  engine.noExecutor,
  engine.notPermitted,
  refusals.maxLength,
  refusals.datasetRefused,
  refusals.argumentsRefused,
  refusals.resumeRefused,
  refusals.stoppedEarly,
  refusals.gpuFailed,
  refusals.ioFailed,
  refusals.runFileRefused,
  refusals.hubConflict,
  discord.discordPermission,
  discord.discordGone,
  discord.discordToken,
  discord.discordBody,

  environment.importVersions,
  environment.moduleNotFound,
  environment.pipConflict,
  resources.sharedMemory,
  resources.openFiles,
  resources.diskFull,
  resources.hostMemory,
  resources.workerDied,
]
