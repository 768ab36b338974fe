import { cause } from '../cause.ts'
import { command, manual, maybe, needsValue } from '../fix.ts'

export const slurmPartition = cause({
  code: 'FT-SLURM-PARTITION',
  slug: 'slurm-invalid-partition',
  title: 'The Slurm partition does not exist, or you may not use it',
  matches: [
    /invalid partition (?:specified|name)?:? ?(?<partition>[\w.-]{1,80})?/i,
    /(?:User's group not permitted|user .{0,40}not permitted) to use this partition/i,
    /Partition .{0,80}(?:is not valid|does not exist|not available|is down|in an unavailable)/i,
    /Required partition not available/i,
    /No partition specified or system default partition/i,
  ],
  explains: (found) =>
    `Slurm has no partition ${found.groups['partition'] ?? 'of that name'} for this account, or it is closed to it.`,
  fixes: () => [command('List the partitions, and correct --partition', 'sinfo -s')],
})

export const slurmAccount = cause({
  code: 'FT-SLURM-ACCOUNT',
  slug: 'slurm-account-or-qos',
  title: 'The job breaks a rule of the Slurm account or QOS',
  matches: [
    /Job violates accounting\/QOS policy/i,
    /Invalid account or account\/partition combination/i,
    /Invalid (?:qos|QOS) specification/i,
    /(?:Assoc|QOS|Qos)(?:Max|Grp)\w{3,60}(?:Limit)?/,
    /(?:must|Please) specify (?:an? )?(?:--)?account|account .{0,60}(?:is not valid|not found|expired)/i,
    /(?:exceeds|exceeded|over) .{0,40}(?:association|account|QOS|qos) (?:limit|quota|budget)/i,
  ],
  when: (found, log) => /sbatch|srun|salloc|slurm|squeue|QOS|Assoc/i.test(log.text) && !/ssh/i.test(found.line.text),
  explains: () =>
    'Slurm counts jobs, GPUs and hours per account and QOS; this job names an account or QOS that does not fit the partition, or is over a limit.',
  fixes: () => [
    command(
      'See which accounts and QOS you have, and give a valid --account (and --qos) for the partition',
      'sacctmgr show assoc user=$USER format=account,partition,qos,maxsubmit,maxjobs',
    ),
    manual('Stay within the limits: fewer jobs at a time, fewer GPUs, a shorter --time'),
  ],
})

export const slurmNodeConfig = cause({
  code: 'FT-SLURM-NODE-CONFIG',
  slug: 'slurm-node-config-unavailable',
  title: 'No node of the partition has what the job asks for',
  matches: [
    /Requested node configuration is not available/i,
    /Memory specification can ?not be satisfied/i,
    /(?:Invalid generic resource|Invalid gres|CPU count per node can ?not be satisfied|Node count specification invalid|More processors requested than permitted)/i,
    /PartitionNodeLimit|Requested (?:nodes|time limit|partition) .{0,60}(?:not available|invalid|exceeds)/i,
  ],
  explains: () =>
    'The request (CPUs, memory, number or type of GPUs) is larger than any single node of the partition, or names a GPU type it does not have.',
  fixes: () => [
    command('See what nodes have, and lower or correct the CPU, GPU or memory request', 'sinfo -o "%P %N %c %m %G"'),
    needsValue('Or choose another --partition'),
  ],
})

export const slurmMemory = cause({
  code: 'FT-SLURM-MEMORY',
  slug: 'slurm-memory-exceeded',
  title: 'The job used more memory than it asked Slurm for',
  matches: [
    /Detected \d+ oom[-_]kill events? in/i,
    /(?:Exceeded (?:job|step) memory limit|exceeded memory limit \(|exceeded virtual memory limit)/i,
    /slurmstepd: error: .{0,80}(?:memory|oom)/i,
    /task \d[-,\d]{0,80}: (?:Out Of Memory|OUT_OF_MEMORY)/i,
    /\bOUT_OF_ME(?:M|MORY)?\b/,
    /killed by the cgroup out-of-memory handler/i,
    /(?:Job|JOB|Step) .{0,60}(?:being killed|CANCELLED).{0,60}(?:memory|OOM)/i,
  ],
  when: (found, log) => !/\bOUT_OF_ME/.test(found.match) || /slurm|sacct|srun|State|\.batch|\.extern/i.test(log.text),
  explains: () =>
    'Slurm gives a job the memory it asked for and kills it when it takes more. It is the memory of the machine, not of the GPU.',
  fixes: () => [
    needsValue('Ask for more: --mem=64G (or --mem-per-cpu)'),
    command('See what it used', 'sacct -j JOBID --format=JobID,ReqMem,MaxRSS,State'),
    maybe('Or lower memory use: fewer dataloader workers, streaming, a smaller batch'),
  ],
})

export const slurmTime = cause({
  code: 'FT-SLURM-TIME',
  slug: 'slurm-time-limit',
  title: 'The job reached its Slurm time limit',
  matches: [
    /CANCELLED AT .{1,40} DUE TO TIME LIMIT/i,
    /DUE TO TIME LIMIT/i,
    /(?:JobState|State)(?:=|: )TIMEOUT|Reason=TimeLimit\b/,
    /(?:Job|job|Step) .{0,60}(?:exceeded|reached|hit) (?:its |the )?(?:time limit|wall ?time)/,
    /PBS: job killed: walltime .{0,40}exceeded limit/i,
    /Requested time limit is invalid/i,
    /Invalid --time specification/i,
  ],
  explains: () => 'The job was still working when the time it asked for was over, and Slurm ended it.',
  fixes: () => [
    needsValue('Raise --time (up to the limit of the partition)', { command: 'sinfo -o "%P %l"' }),
    manual('Save checkpoints often enough (save_steps) and resume from the last one'),
    maybe('Ask for a warning before the end: --signal=B:USR1@120'),
  ],
})

export const slurmLineBreaks = cause({
  code: 'FT-SLURM-CRLF',
  slug: 'slurm-dos-line-breaks',
  title: 'The batch script has Windows line endings',
  matches: [
    /Batch script contains DOS line breaks/i,
    /instead of expected UNIX line breaks/i,
    /bad interpreter: \/\S{1,40}\^M|\$'\\r': command not found|(?:bash|sh|python\d?)\\r': No such file or directory/i,
  ],
  explains: () =>
    'Lines end with \\r\\n (CRLF), as Windows editors write them; Slurm and the shell take the \\r as part of the command.',
  fixes: () => [command('Convert the line endings', 'dos2unix script.sh   # or: sed -i "s/\\r$//" script.sh')],
})

export const slurmController = cause({
  code: 'FT-SLURM-CONTROLLER',
  slug: 'slurm-controller-unreachable',
  title: 'The Slurm controller does not answer',
  matches: [/Unable to contact slurm controller/i, /slurm_load_jobs error: (?!Invalid job id)/i],
  explains: () => 'slurmctld is down, restarting or cannot be reached from this machine; jobs that run go on.',
  fixes: () => [
    command('Wait and ask again', 'scontrol ping'),
    manual('Tell the administrators of the cluster if it stays away'),
  ],
})

export const slurmScript = cause({
  code: 'FT-SLURM-SCRIPT',
  slug: 'slurm-script-refused',
  title: 'Slurm does not accept the batch script',
  matches: [/This does not look like a batch script/i, /sbatch: error: Unable to open file (?<file>\S{1,200})/i],
  explains: (found) =>
    found.groups['file'] === undefined
      ? 'A batch script must begin with a line such as #!/bin/bash.'
      : `${found.groups['file']} does not exist where sbatch was called.`,
  fixes: () => [manual('Begin the script with #!/bin/bash, and give its path as seen from the login node')],
})

export const slurmNode = cause({
  code: 'FT-SLURM-NODE',
  slug: 'slurm-node-failed',
  title: 'The node went away under the job, or the job was pushed aside',
  matches: [/\bNODE_FAIL\b|DUE TO NODE FAILURE/, /DUE TO PREEMPTION|State=PREEMPTED/, /DUE TO JOB REQUEUE/],
  explains: () => 'Nothing is wrong with the run: the node failed, or a job with a higher priority took its place.',
  fixes: () => [
    manual('Resume from the last checkpoint'),
    maybe('Let Slurm do it: --requeue with --open-mode=append, and resume_from_checkpoint in the script'),
  ],
})
