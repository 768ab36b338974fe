/** One line of a log without what a launcher, a logger or a quotation put in front of it. */
export interface Line {
  /** At most MAX_LINE characters. */
  text: string
  level: 'error' | 'warning' | 'info' | 'none'
  /** Source that a traceback quotes. `raise` is the statement that threw: the last resort of a log cut at its end. */
  code: 'no' | 'quoted' | 'raise'
  /** The class of the exception, without its module, when this line names one; with its module in `type`. */
  exception: string | null
  type: string | null
  /** What follows the name of the exception; the whole text when there is none. */
  message: string
}

export const MAX_LINE = 4_000

const PREFIXES: readonly RegExp[] = [
  /^\[(?:rank|default)\d+\]:(?:\[rank\d+\]:)? ?/, // torchrun
  /^\(?\[?(?:rank|worker|gpu|process|node)[ _=-]?\d+\]?\)?[:|] /i,
  /^\d{1,7}: (?=\S|\s)/, // srun --label
  /^\([\w .-]{1,60} pid=\d+(?:, ip=[\d.]+)?\) ?/, // Ray
  /^[\w.-]{1,60} +\| /, // docker compose
  /^[│┃║]\s/, // a traceback drawn by rich
  /^\[(?:node|host|task)[-_ ]?\w{0,40}\]: ?/,
  /^\[[\w.-]{1,60} std(?:err|out)\]: ?/,
  /^(?:#|>|\*|\|)(?: |$)(?!>)/, // a comment or a quotation
  /^E {2,8}(?=\S)/, // pytest
  /^##\[(?:error|warning)\]/,
  /^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?:? ?/,
  /^\[\d\d:\d\d:\d\d\] /,
  /^(?:Error|error|ERROR|stderr|Uncaught)[:>] {1,4}(?=File "|[\w.]{0,80}(?:Error|Exception)\b|Traceback)/,
]

const EXCEPTION =
  /^((?:[A-Za-z_$][\w$]{0,80}\.){0,8}([A-Z][\w$]{0,80}|error|timeout))(?: \[[A-Z_]{3,60}\])?(?:: ?|$)(.*)$/s
const EXCEPTION_NAME =
  /(?:Error|Exception|Exit|Interrupt|Invalid|Expired|Fault|Failure|NotFound|Timeout|Abort|Warning)\w{0,40}$|^error$|^timeout$/
const QUOTED = /^(?:(-{1,6}> ?|❱ )|\s{1,12})\d{1,6}(?:\s|$)/
const NUMBERED_CODE = /^\d{1,6}\s+(?:raise|return|if|else|def|from|import|for|with|try|except|self\.|#)\b/
/** The head of a notebook's traceback names the exception without its message; that comes at the end. */
const HEADER = /^[\w.]{1,80}\s{0,60}Traceback \(most recent call last\)/
/** Lines of a program that name an exception and are none. */
const STATEMENT =
  /^\s{0,80}(?:except\b[^:]{0,120}:|class \w{1,80}\(|def \w{1,80}\(|from [\w.]{1,120} import |:raises? |catch ?\()/
const RAISE = /^\s{0,80}(?:raise\s+\w|throw\s+(?:new\s+)?\w)/
const CALL_OF_A_LOGGER = /^\s{0,80}(?:warnings\.warn|logger\.\w+|logging\.\w+|log\.\w+|print|console\.\w+)\(/

/** Reads one line as it stands in the log. `inFrame`: the line above is `File "…", line 3, in f`. */
export function readLine(raw: string, inFrame = false): Line {
  const text = stripPrefixes(raw)
  const named = EXCEPTION.exec(text.trimStart())
  const isNamed = named?.[2] !== undefined && EXCEPTION_NAME.test(named[2])
  const code = codeOf(raw, text, inFrame && !isNamed)
  const exception = code === 'no' && isNamed ? (named[2] ?? null) : null
  return {
    text,
    level: levelOf(raw, text, exception),
    code,
    exception,
    type: exception === null ? null : (named?.[1] ?? null),
    message: (exception === null ? text : (named?.[3] ?? '')).trim(),
  }
}

/** Takes launchers' and loggers' prefixes off, one inside the other. */
export function stripPrefixes(raw: string): string {
  let text = raw.length > MAX_LINE ? raw.slice(0, MAX_LINE) : raw
  for (let round = 0; round < 5; round++) {
    const before = text
    for (const prefix of PREFIXES) text = text.replace(prefix, '')
    if (text === before) break
  }
  return text
}

function codeOf(raw: string, text: string, inFrame: boolean): Line['code'] {
  if (HEADER.test(text) || STATEMENT.test(text)) return 'quoted'
  const quoted = QUOTED.exec(text)
  if (quoted) {
    const statement = text.slice(quoted[0].length)
    return quoted[1] !== undefined && RAISE.test(statement) ? 'raise' : 'quoted'
  }
  if (inFrame) return RAISE.test(text) ? 'raise' : 'quoted'
  if (RAISE.test(text)) return 'raise'
  return NUMBERED_CODE.test(text) || CALL_OF_A_LOGGER.test(raw) ? 'quoted' : 'no'
}

const LEVEL_WORD =
  /(?:^|[\s|:[({-])(WARNING|WARN|INFO|DEBUG|ERROR|CRITICAL|FATAL|Warning|warning|warn)(?=[\s|:\])}-]|$)/
const GLOG = /^(?:[WIEF])(?:\d{4} \d\d:\d\d:\d\d|\s(?:tensorflow|external|\S{1,80}\.cc:\d))/

function levelOf(raw: string, text: string, exception: string | null): Line['level'] {
  if (exception !== null) return exception.endsWith('Warning') ? 'warning' : 'error'
  const head = raw.slice(0, 160)
  if (/\b[A-Z]\w{0,40}Warning: /.test(text.slice(0, 400))) return 'warning'
  const glog = GLOG.exec(text)
  if (glog) return text.startsWith('W') ? 'warning' : text.startsWith('I') ? 'info' : 'error'
  const word = LEVEL_WORD.exec(head)?.[1]?.toUpperCase()
  if (word === undefined) return 'none'
  if (word.startsWith('WARN')) return 'warning'
  return word === 'INFO' || word === 'DEBUG' ? 'info' : 'error'
}
