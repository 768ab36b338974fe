/** One kind of secret; `$1`… keep what is not secret. */
interface Secret {
  kind: string
  pattern: RegExp
  shown: string
}

/** What is taken out of every text before it is stored or shown. Each pattern is linear: bounded, and anchored on a fixed start. */
export const SECRETS: readonly Secret[] = [
  {
    kind: 'private key',
    pattern: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
    shown: '[private key]',
  },
  { kind: 'Hugging Face token', pattern: /\b(?:hf|api_org)_[A-Za-z0-9]{8,}/g, shown: '[hf token]' },
  { kind: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,})/g, shown: '[github token]' },
  { kind: 'GitLab token', pattern: /\bgl(?:pat|ptt|dt|rt|cbt)-[\w-]{16,}/g, shown: '[gitlab token]' },
  { kind: 'key', pattern: /\bsk-[A-Za-z0-9_-]{12,}/g, shown: '[key]' },
  { kind: 'AWS key id', pattern: /\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{12,}/g, shown: '[aws key id]' },
  { kind: 'Google key', pattern: /\bAIza[\w-]{30,}|\bya29\.[\w-]{16,}/g, shown: '[google key]' },
  {
    kind: 'Slack token',
    pattern: /\bxox[abeprs]-[\w-]{8,}|hooks\.slack\.com\/services\/[\w/]{8,}/g,
    shown: '[slack token]',
  },
  { kind: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{20,}/g, shown: '[npm token]' },
  { kind: 'PyPI token', pattern: /\bpypi-[\w-]{20,}/g, shown: '[pypi token]' },
  { kind: 'Discord webhook', pattern: /(\/api\/(?:v\d{1,2}\/)?webhooks\/\d{5,25}\/)[\w-]{20,}/g, shown: '$1[token]' },
  {
    kind: 'Discord token',
    pattern: /\bmfa\.[\w-]{20,}|\b[A-Za-z0-9_-]{22,30}\.[\w-]{6}\.[\w-]{27,}/g,
    shown: '[discord token]',
  },
  { kind: 'JSON web token', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, shown: '[token]' },
  { kind: 'bearer', pattern: /\b(Bearer|Basic|token) +[A-Za-z0-9._~+/-]{16,}=*/gi, shown: '$1 [secret]' },
  {
    kind: 'password in a URL',
    pattern: /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/:@'"]{0,200}:[^\s/@'"]{1,200}@/gi,
    shown: '$1[secret]@',
  },
  { kind: 'token in a URL', pattern: /\b(https?:\/\/)[^\s/:@'"]{16,200}@/gi, shown: '$1[secret]@' },
  {
    kind: 'signed URL',
    pattern:
      /([?&](?:[\w.-]{0,40}(?:signature|token|key|secret|password|credential|sig|auth)[\w.-]{0,20})=)[^\s&'"#]{4,}/gi,
    shown: '$1[secret]',
  },
  {
    kind: 'assignment',
    // `pad_token = …` and `tokenizer=…` are no secrets.
    pattern:
      /((?:(?<!(?:pad|eos|bos|unk|sep|cls|mask|special|image|max|num|next|added|unexpected|a|the)[_ ])token|secret|passw(?:or)?d|passphrase|(?:api|access|private|auth|account|secret)[_-]?key|credential)["']?(?: {0,2}[=:] {0,2}|["'] {0,2}, {0,2})["']?)[^\s"',;)}\]]{6,}/gi,
    shown: '$1[secret]',
  },
  {
    kind: 'option',
    pattern: /(--?[\w-]{0,40}(?:token|secret|password|api-key|apikey)[ =]["']?)[^\s"'=-][^\s"']{7,}/gi,
    shown: '$1[secret]',
  },
  {
    kind: 'Weights & Biases key',
    pattern:
      /(?<!(?:resolve|commits?|tree|blob|snapshots|revision)[/ ])\b(?:local-[0-9a-f]{8,20}-)?[0-9a-f]{40}\b|\bwandb_v1_\w{20,}/g,
    shown: '[40 hex digits]',
  },
  {
    kind: 'AWS secret',
    pattern:
      /(?<![A-Za-z0-9/+=_.-])(?=[A-Za-z0-9/+]{0,39}[A-Z])(?=[A-Za-z0-9/+]{0,39}[a-z])(?=[A-Za-z0-9/+]{0,39}\d)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_.-])/g,
    shown: '[secret]',
  },
]

/** The text without the secrets that people leave in logs; each is replaced by its kind in brackets. */
export function redact(text: string): string {
  let safe = text
  for (const { pattern, shown } of SECRETS) safe = safe.replace(pattern, shown)
  return safe
}
