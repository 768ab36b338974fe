import { cause } from '../cause.ts'
import { command, type Fix, manual, maybe } from '../fix.ts'

const without: Fix = manual("Or train without it: report_to='none', or WANDB_MODE=disabled")

export const wandbNoKey = cause({
  code: 'FT-WANDB-NO-KEY',
  slug: 'wandb-no-api-key',
  title: 'Weights & Biases has no API key and cannot ask for one',
  matches: [
    /api_key not configured/i,
    /No API key configured\. ?Use `?wandb login/i,
    /wandb.{0,40}No API key (?:configured|found|specified)/i,
    /wandb.{0,60}must (?:be logged in|log ?in)/i,
    /run `?wandb login`? (?:first|from)|call wandb\.login\(\)/i,
  ],
  hints: [
    /wandb: \(1\) Create a W&B account/,
    /wandb: Enter your choice:/,
    /wandb: Paste an API key from your profile/,
  ],
  explains: () =>
    'The run reports to Weights & Biases because the package wandb is installed; there is no API key, and nobody sits at the terminal to type one.',
  fixes: () => [
    manual("Train without it: report_to='none', or the environment variable WANDB_MODE=disabled (or offline)"),
    command('Or log in once on the machine that trains (or set WANDB_API_KEY)', 'wandb login'),
  ],
})

export const wandbUnauthorized = cause({
  code: 'FT-WANDB-KEY-REFUSED',
  slug: 'wandb-unauthorized',
  title: 'Weights & Biases does not accept the API key',
  matches: [
    /W&B API.{0,120}(?:user is not logged in|invalid API key|permission denied|unauthorized)/i,
    /(?:wandb|W&B).{0,160}(?:<Response \[40[13]\]>|Error 40[13]\b|40[13] (?:Client Error|Unauthorized|Forbidden|response))/i,
    /API key must be 40 characters long|API key must (?:be|have) (?:at least )?\d+ characters/i,
    /(?:api\.wandb\.ai|wandb).{0,200}401 Client Error|401 Client Error.{0,200}api\.wandb\.ai/i,
    /API key (?:verification failed|is (?:invalid|not valid))|Invalid (?:W&B )?API key.{0,80}wandb/i,
    /do not have permission to access the requested resource(?!.{0,80}not found)/i,
    /wandb\.errors\S{0,40}AuthenticationError/,
    /returned error 401: .{0,40}(?:user is not logged in|unauthorized)/i,
  ],
  explains: () => 'The stored API key is wrong, was revoked, or belongs to an account without access to this entity.',
  fixes: () => [
    command('Log in again with a valid key (or set WANDB_API_KEY)', 'wandb login --relogin'),
    manual('Check that the account may write to the entity and project'),
    without,
  ],
})

export const wandbEntity = cause({
  code: 'FT-WANDB-ENTITY',
  slug: 'wandb-entity-or-project-invalid',
  title: 'The Weights & Biases entity, project or run does not exist',
  matches: [
    /Variable "entity" has invalid value null/,
    /entity .{0,100}not found during upsertBucket/i,
    /upsertBucket.{0,120}(?:entity|project|not found)/i,
    /(?:project|entity|team) ['"]?[\w/.-]{0,100}['"]? ?(?:was )?not found.{0,80}(?:wandb|W&B|Response \[404\])/i,
    /(?:wandb|W&B).{0,160}(?:project|entity|run) .{0,100}(?:not found|does not exist)/i,
    /Could not find (?:run|project|entity|sweep) <?(?:Run|Project|Sweep|Entity|[\w/.-]+\/)/i,
    /Personal entities are disabled/i,
    /Invalid project name .{0,120}(?:cannot|characters)/i,
    /(?:wandb|W&B).{0,160}(?:<Response \[404\]>|Error 404\b|returned error 404)/i,
    /Error uploading run: returned error 404/i,
    /No entity specified|entity must be (?:a )?(?:valid|specified|set)|must specify (?:an? )?(?:entity|project).{0,60}/i,
  ],
  when: (found, log) =>
    !/previously created and deleted/.test(found.line.text) && /wandb|W&B|upsertBucket|entity/i.test(log.text),
  explains: () =>
    'wandb was given an entity (user or team), project or run that is missing or that this login cannot see; without a login the entity is empty.',
  fixes: () => [
    command('Log in, so that the entity is known', 'wandb login'),
    manual('Set WANDB_ENTITY to your user or team and WANDB_PROJECT to an existing project name'),
    without,
  ],
})

export const wandbDuplicateRun = cause({
  code: 'FT-WANDB-RUN-ID',
  slug: 'wandb-duplicate-run-id',
  title: 'The Weights & Biases run id is already taken',
  matches: [
    /was previously created and deleted; try a new run/i,
    /(?:wandb|W&B).{0,160}(?:<Response \[409\]>|Error 409\b|409 Client Error|returned error 409)/i,
    /Duplicate entry '[^']{1,200}' for key '?(?:PRIMARY|runs?)/i,
    /'never' is not a valid option for resuming a run/i,
    /run .{0,120}already exists.{0,60}resume/i,
  ],
  explains: () => 'A run with this id exists, or existed and was deleted; ids stay taken for good.',
  fixes: () => [
    manual('Give the run a new id (WANDB_RUN_ID or id=), or leave the id out and set only the name'),
    manual('Or go on with the existing run: resume="allow" (WANDB_RESUME=allow)'),
  ],
})

export const wandbLogPermission = cause({
  code: 'FT-WANDB-LOG-FILE',
  slug: 'wandb-log-permission',
  title: 'Weights & Biases cannot write its log file',
  matches: [
    /wandb.{0,60}Failed to set up logging/i,
    /Permission denied: '[^']{0,300}wandb[^']{0,200}'/i,
    /(?:Read-only file system|Permission denied).{0,200}wandb-?(?:debug|metadata|dir)/i,
  ],
  explains: () => 'The folder or file that wandb logs to belongs to another user, or may not be written.',
  fixes: () => [
    manual('Point WANDB_DIR (and WANDB_CACHE_DIR) at a folder that is writable for you'),
    manual('Or mend the owner of the file, or delete it', { command: 'ls -l /tmp/wandb-debug.log ./wandb' }),
    without,
  ],
})

export const wandbSweepMetric = cause({
  code: 'FT-WANDB-SWEEP-METRIC',
  slug: 'wandb-sweep-metric-missing',
  title: 'The sweep optimises a metric that no run logs',
  matches: [
    /anaconda \d{3} error.{0,200}(?:NoneType|metric|KeyError|ValueError|TypeError)/i,
    /(?:sweep|bayes\w*).{0,120}(?:metric .{0,60}(?:not found|missing|never logged|required)|requires? (?:a )?metric)/i,
    /metric .{0,60}(?:not (?:found|logged)|missing).{0,60}(?:sweep|summary)/i,
    /Invalid sweep config: .{0,80}metric/i,
  ],
  explains: () =>
    'A Bayesian sweep reads the metric named in its config from the summary of each finished run, and found none of that name.',
  fixes: () => [
    manual(
      'Log the exact metric name of the sweep config with wandb.log, or correct metric.name there (Trainer logs eval_ metrics as eval/accuracy)',
    ),
  ],
})

export const wandbNetwork = cause({
  code: 'FT-WANDB-NETWORK',
  slug: 'wandb-network-error',
  title: 'Weights & Biases cannot be reached',
  tier: 'general',
  matches: [
    /wandb.{0,40}Network error \(\w+\)/i,
    /Run initialization has timed out after/i,
    /Error communicating with (?:the )?wandb (?:process|backend|service)/i,
    /HTTPSConnectionPool\(host='api\.wandb\.ai'/,
    /wandb: ERROR .{0,300}(?:HTTPSConnectionPool|Max retries exceeded|NewConnectionError|Connection (?:refused|reset|aborted)|Network is unreachable|ReadTimeout|ConnectTimeout)/,
    /(?:connect|connection|dial|lookup|resolve|timed out|timeout|proxy).{0,200}api\.wandb\.ai|api\.wandb\.ai.{0,200}(?:connection|timed out|timeout|refused|unreachable|no such host)/i,
    /(?:wandb|W&B) process (?:\(PID \d+\) )?(?:did not respond|failed to launch)/i,
    /wandb.{0,60}(?:Failed to connect to W&B|Unable to (?:connect|reach)|Could not connect)/i,
    /wandb\S{0,60}(?:ServiceStartTimeoutError|WandbServiceNotOwnedError|MailboxError|CommError: .{0,20}(?:timed out|connection))/i,
  ],
  when: (_found, log) => !log.has('Network error resolved'),
  explains: () =>
    'The machine that trains has no way to api.wandb.ai: no internet, a proxy, a firewall, or the service is down.',
  fixes: () => [
    manual('Train offline with WANDB_MODE=offline, and run wandb sync later from a machine with a network', {
      command: 'wandb sync wandb/offline-run-*',
    }),
    manual('Check the network, proxy (HTTPS_PROXY) and firewall'),
    maybe('Give it more time: WANDB_INIT_TIMEOUT=300'),
  ],
})
