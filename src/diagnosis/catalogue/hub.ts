import { cause, type Found, type Log } from '../cause.ts'
import type { RunFacts } from '../facts.ts'
import { command, manual, maybe, needsValue } from '../fix.ts'

/** The engine's own sentence, which knows more than its code. */
export const saidByEngine = (found: Found, { engineCode }: RunFacts) => (engineCode ? found.line.message : null)

const isHub = (_found: Found, log: Log) => /hugging ?face|hf\.co|HfHub|transformers|datasets/i.test(log.text)

export const gatedRepo = cause({
  code: 'FT-HUB-GATED',
  slug: 'hf-gated-repo',
  title: 'The model or dataset is gated',
  matches: [
    /You are trying to access a gated repo/i,
    /(?:Cannot|Can't) access gated repo/i,
    /\bGatedRepoError\b/,
    /Access to (?:model|dataset) (?<repo>\S{1,120}) is restricted/i,
    /(?:model|dataset) (?<repo>\S{1,120}) is gated/i,
    /is a gated (?:dataset|model|repo)/i,
    /Your request to access (?:model|dataset) \S{1,120} (?:is awaiting|has been rejected)/i,
    /must have access to it and be authenticated to access it/i,
    /not in the authorized list/i,
    /enable access to public gated repositories/i,
    /because the \w+ is (?:private or )?gated/i,
    /agree to share your contact information to access/i,
    /Access to this (?:model|dataset|repository) is restricted/i,
    /ask for access (?:to|at)|Visit .{0,160} to ask for access/i,
  ],
  when: (found) => !/transformers\.js|Unauthorized access to file/.test(found.line.text),
  engine: ['hub-gated'],
  explains: (found, facts) =>
    saidByEngine(found, facts) ??
    `${found.groups['repo'] ?? 'The repository'} is gated: its owner lets in only accounts that accepted the terms (or asked for access), and the request came from one that did not, or without a token.`,
  fixes: (_found, facts) => [
    ...(facts.engineRemedy
      ? []
      : [
          manual('Accept the terms or request access on its page on the Hub, with the account whose token is used'),
          command('Authenticate on the machine that trains with a read token (or set HF_TOKEN)', 'hf auth login'),
        ]),
    maybe('Or take an ungated copy or another model', { changes_result: true }),
  ],
})

export const hubWriteForbidden = cause({
  code: 'FT-HUB-WRITE',
  slug: 'hf-write-forbidden',
  title: 'The token may not write to that place on the Hub',
  matches: [
    /don't have the rights to create a (?:model|dataset|space|repo)/i,
    /403 Client Error: Forbidden for url: https:\/\/\S{0,60}(?:huggingface\.co|hf\.co)\/api\/(?:repos|models|datasets|spaces)\S{0,200}(?:create|commit|preupload|settings|move|branch|tag)/i,
    /403 Forbidden: (?:you must use|This token|You don't have|Authorization error|pass|You need)/i,
    /must use (?:a )?(?:`?write`? token|token with write)|token (?:does not|doesn't) have (?:the )?(?:required |write |sufficient )?(?:permission|access|write)/i,
    /(?:you are not|not) (?:authorized|allowed) to (?:push|write|create)/i,
    /403 Client Error: Forbidden for url: https:\/\/(?:huggingface\.co|hf\.co)\/\S{0,200}(?:\.git|info\/lfs|info\/refs)/i,
    /DENIED update refs\/heads/,
    /Pass `?create_pr=(?:1|True)`? as a query parameter/i,
    /remote: .{0,80}(?:not authorized|not allowed|forbidden|write access|You are not|permission)/i,
    /Cannot access content at: https:\/\/(?:huggingface\.co|hf\.co)\/api\/repos\/create/i,
    /make sure your token has (?:the correct permissions|write)/i,
    /create_commit.{0,80}403|403.{0,120}(?:repos\/create|preupload|\/commit\/)/i,
    /You need (?:to have )?(?:write|admin) (?:access|rights|permission).{0,80}/i,
  ],
  when: (found, log) => isHub(found, log) && !/wandb|api\.github|gated|resolve\/main|restricted/i.test(found.line.text),
  explains: () =>
    'The token is read-only, or the account may not create or change repositories under that user or organisation.',
  fixes: () => [
    command('Log in with a token that has the write role', 'hf auth login'),
    needsValue(
      'Push to a namespace of your own: hub_model_id="your-name/model", or ask the organisation for write access',
    ),
    maybe('Or train without pushing: push_to_hub=False'),
  ],
})

export const hubInvalidToken = cause({
  code: 'FT-HUB-TOKEN',
  slug: 'hf-invalid-token',
  title: 'The Hugging Face token is not valid',
  matches: [
    /Invalid user token/i,
    /Invalid username or password/i,
    /401 Client Error.{0,200}(?:whoami|api\/repos\/create)|whoami-v2.{0,120}401/i,
    /User Access Token .{0,80}is expired|(?:token|Token) (?:is|has) expired/,
    /(?:Invalid|invalid) (?:token passed|credentials in Authorization header|HF token|Hugging Face token)/,
    /The token .{0,80}(?:is invalid|is not valid|has been revoked)/i,
    /but no token found\. You need to provide a token|LocalTokenNotFoundError/,
    /Illegal header value b?'?Bearer/i,
    /\bNot logged in\b|You must be logged in to/,
    /Authentication failed for 'https:\/\/\S{0,80}huggingface\.co/i,
    /Password authentication in git is no longer supported/i,
  ],
  when: (found, log) =>
    isHub(found, log) &&
    !/wandb|github|docker|Repository Not Found|sqlite|discord/i.test(found.line.text) &&
    !found.above(10).some((line) => /Repository Not Found|gated/i.test(line)),
  engine: ['hub-unauthorized'],
  explains: (found, facts) =>
    saidByEngine(found, facts) ??
    'The Hub knows no such token: it was mistyped, deleted or has expired, an old one is still stored, or none was given.',
  fixes: () => [
    command('Create a new token in the account settings and log in again (or set HF_TOKEN)', 'hf auth login'),
    manual('See that no old HF_TOKEN or HUGGING_FACE_HUB_TOKEN is set in the environment', {
      command: 'hf auth whoami',
    }),
  ],
})

export const hubRateLimit = cause({
  code: 'FT-HUB-RATE-LIMIT',
  slug: 'hf-rate-limit-429',
  title: 'The Hub is limiting the rate of requests',
  matches: [
    /429 Client Error|HTTP (?:Error|status)?:? ?429\b|429 Too Many Requests|\(429\)/i,
    /exceeded our hourly quotas/i,
    /We had to rate limit (?:you|your IP)/i,
    /hit (?:the|your) (?:Hub |API )?rate limit|rate limit exceeded/i,
    /Too Many Requests for url/i,
  ],
  when: (found, log) => isHub(found, log) && !/openai|anthropic|wandb|discord|docker/i.test(found.line.text),
  engine: ['hub-rate-limited'],
  explains: (found, facts) =>
    saidByEngine(found, facts) ??
    'Too many requests (or commits) came from this account or address within the hour, and the Hub answered 429.',
  fixes: () => [
    manual('Wait and retry later with growing pauses: the quota is counted by the hour'),
    command('Authenticate: an account has a higher limit than an address', 'hf auth login'),
    maybe(
      'Make fewer, larger commits (upload_large_folder), push less often (hub_strategy="end"), or load from the cache with HF_HUB_OFFLINE=1',
    ),
  ],
})

export const xet = cause({
  code: 'FT-HUB-XET',
  slug: 'hf-xet-cas-error',
  title: 'The Xet storage backend of the Hub failed',
  matches: [
    /CAS (?:service|client) error/i,
    /Data processing error: .{0,200}/i,
    /(?:cas-server|cas-bridge|transfer|cas)\.xethub\.hf\.co.{0,200}(?:error|fail|timed out|refused|50\d|40\d)/i,
    /(?:error|fail|timed out|refused|50\d|40\d).{0,200}(?:cas-server|cas-bridge|transfer)\.xethub\.hf\.co/i,
    /hf_xet.{0,120}(?:error|panic|exception|fail)/i,
    /(?:xet_get|upload_xet|XetAuthorizationError|XetRefreshTokenError|XetDownload)\w{0,20}.{0,80}(?:Error|error|fail)/,
    /Unable to (?:parse|fetch) xet|Failed to fetch (?:reconstruction|xet)/i,
  ],
  when: (found) => !/not installed|Falling back/.test(found.line.text),
  explains: () =>
    'The file is stored in Xet, and its servers (CAS) answered with an error or the connection broke in the middle.',
  fixes: () => [
    manual('Retry: what has been transferred is kept'),
    command('Upgrade the client', 'pip install -U huggingface_hub hf_xet'),
    manual('Or go without Xet: HF_HUB_DISABLE_XET=1'),
  ],
})

export const uploadInterrupted = cause({
  code: 'FT-HUB-UPLOAD',
  slug: 'hf-upload-interrupted',
  title: 'The upload to the Hub was interrupted',
  matches: [
    /Error while uploading '[^']{1,400}' to the Hub/,
    /(?:Connection aborted|Connection reset by peer|ConnectionResetError|Broken pipe|BrokenPipeError|RemoteDisconnected|EOF occurred in violation of protocol|SSLEOFError|WriteTimeout|ReadTimeout|timed out|The write operation timed out).{0,300}/,
    /(?:hf-hub-lfs|lfs-us-1|lfs\.huggingface)\S{0,200}.{0,200}(?:Max retries|reset|aborted|timed out|Broken pipe)/i,
    /error: RPC failed; (?:curl|HTTP)|fatal: the remote end hung up unexpectedly/i,
  ],
  when: (found, log) =>
    isHub(found, log) &&
    (/uploading|RPC failed|hung up|hf-hub-lfs|lfs/.test(found.line.text) ||
      found
        .above(160)
        .some((line) =>
          /push_to_hub|lfs_upload|upload_lfs_files|upload_file|upload_folder|create_commit|_upload_|preupload|git push/.test(
            line,
          ),
        )),
  explains: () => 'The connection dropped while files were being sent to the Hub; nothing is wrong with the model.',
  fixes: () => [
    manual('Push again: shards that arrived are skipped, so that the upload resumes'),
    maybe('Send smaller shards (max_shard_size="500MB"), or use a steadier connection'),
    command('Or upload the folder with retries', 'hf upload-large-folder USER/REPO --repo-type=model ./model'),
  ],
})

export const hubOffline = cause({
  code: 'FT-HUB-OFFLINE',
  slug: 'hf-offline-or-connection',
  title: 'The Hub could not be reached, and the files are not in the cache',
  tier: 'general',
  matches: [
    /couldn't connect to 'https?:\/\/[^']{1,80}'/i,
    /Couldn't reach (?:server at )?.{0,200}(?:huggingface|hub|\.(?:json|bin|py|parquet|zip|csv|model|txt)\b)/i,
    /Cannot find the requested files in the (?:disk|local) cache/i,
    /cannot find the requested files in the (?:cached path|local cache|disk cache)/i,
    /An error happened while trying to locate the files? on the Hub/i,
    /outgoing traffic has been disabled|offline mode is enabled|OfflineModeIsEnabled/i,
    /\bLocalEntryNotFoundError\b/,
    /(?:HTTPSConnectionPool|HTTPConnectionPool|NewConnectionError|MaxRetryError|NameResolutionError).{0,300}(?:huggingface\.co|hf\.co|hf-mirror|s3\.amazonaws\.com)/i,
    /(?:Failed to resolve|Could not resolve host|getaddrinfo \w+|ENOTFOUND|ECONNREFUSED|ETIMEDOUT).{0,80}(?:huggingface\.co|hf\.co)/i,
    /(?:SSLError|ProxyError|ConnectTimeout|ReadTimeout|ConnectionError|ConnectError).{0,300}(?:huggingface\.co|hf\.co)/i,
    /Connection error, and we cannot find/i,
    /Check(?:out)? your internet connection/i,
    /(?:ProxyError|SSLError|ConnectTimeout|ConnectionError|ConnectError|ReadTimeout): /,
  ],
  when: (found, log) =>
    !/wandb|xethub|openai|github\.com|pypi/i.test(found.line.text) &&
    (/hugging ?face|hf\.co|hf-mirror|models\.huggingface|cache|Hub\b|offline/i.test(found.line.text) ||
      (isHub(found, log) &&
        found
          .above(80)
          .some((line) => /huggingface_hub|hf_hub_download|cached_file|from_pretrained|load_dataset/.test(line)))),
  engine: ['hub-offline', 'hub-unreachable'],
  explains: (found, facts) =>
    saidByEngine(found, facts) ??
    'The machine that trains has no connection to the Hub (no internet, proxy, or offline mode is on), and what was asked for has not been downloaded before.',
  fixes: () => [
    manual(
      'Check the network and proxy (HTTPS_PROXY) of that machine; see that HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE and local_files_only are not set by mistake',
    ),
    command('Or download it beforehand where there is internet, and copy the cache', 'hf download REPO'),
    maybe('Or set HF_ENDPOINT to a mirror that can be reached'),
  ],
})

export const repoNotFound = cause({
  code: 'FT-HUB-NOT-FOUND',
  slug: 'hf-repo-not-found',
  title: 'The model or dataset was not found',
  tier: 'general',
  matches: [
    /\bRepositoryNotFoundError\b|Repository Not Found for url/i,
    /'?(?<repo>[\w./~-]{1,200})'? is not a (?:local folder|valid folder) and is not a valid (?:model|dataset) identifier/i,
    /is not a valid model identifier listed on/i,
    /Can't load (?:tokenizer|config\w*|the (?:model|configuration|tokenizer)|feature extractor|image processor|processor) (?:for|of) '(?<repo>[^']{1,200})'/i,
    /Incorrect path_or_model_id: '(?<repo>[^']{1,200})'/,
    /Repo id must (?:be in the form|use alphanumeric)/,
    /Dataset '(?<repo>[^']{1,200})' doesn't exist on the Hub or cannot be accessed/,
    /\bDatasetNotFoundError\b|Couldn't find (?:a dataset script at|any data file at|file at)/i,
    /Model name '(?<repo>[^']{1,200})' was not found in (?:model name list|tokenizers model name list)/,
    /404 Client Error: Not Found for url: https:\/\/(?:huggingface\.co|hf\.co|s3\.amazonaws\.com\/models\.huggingface)/i,
    /does not appear to have a file named/i,
    /is not a valid (?:git|revision) identifier|RevisionNotFoundError|Revision Not Found for url/i,
    /Error no file named .{0,120}found in directory/i,
  ],
  engine: ['model-not-found', 'dataset-not-found', 'hub-missing', 'hub-no-revision', 'hub-no-file'],
  when: (found) => !/transformers\.js|adapter_config|\.onnx/.test(found.line.text),
  explains: (found, facts) => {
    const said = saidByEngine(found, facts)
    if (said !== null) return said
    const repo = found.groups['repo']
    return `${repo === undefined ? 'The repository' : `\`${repo}\``} does not exist under this id or path, or it is private: the Hub answers both the same way.`
  },
  fixes: () => [
    needsValue('Check the spelling of the id (owner/name) or of the local path'),
    command('If it is private, authenticate with an account that may read it (or set HF_TOKEN)', 'hf auth login'),
  ],
})
