import { redact } from '../redact.ts'
import { stripPrefixes } from './line.ts'

/** Where a traceback passed through. */
export interface Frame {
  file: string
  line: number
  function: string | null
}

const PYTHON = /^\s{0,80}File "([^"\n]{1,500})", line (\d{1,7})(?:, in (\S{1,200}))?/
const NOTEBOOK_FILE = /^File ([^\s:][^\n:]{0,500}(?:\.pyx?|\.ipynb)):(\d{1,7})(?:, in (\S{1,200}?)[(,])?/
const NOTEBOOK_CELL = /^(?:Cell )?(In ?\[\d+\])(?:, | in ).{0,80}?line:? ?(\d{1,7})/
const OLD_NOTEBOOK =
  /^\[?([^\s()[\]]{1,500}(?:\.pyx?|<ipython-input-[\w-]{1,60}>|ipykernel_\S{1,80}))(?:\]\(\S{0,200}\))? in (<?[\w .<>]{1,120}>?)/
const PYTEST = /^([\w./\\:-]{1,400}\.py):(\d{1,7}): (?:in (\S{1,120})|[A-Z]\w+)/
const NODE = /^\s{1,12}at (?:(.{1,200}?) \()?(?:file:\/\/)?((?:[A-Za-z]:)?[^():\n]{1,400}):(\d{1,7})(?::\d+)?\)?$/
const ARROW = /^-{1,6}> ?(\d{1,7})\b/

/** The frame that a line names, or null. */
export function readFrame(raw: string): Frame | null {
  const text = stripPrefixes(raw)
  const named = PYTHON.exec(text) ?? NOTEBOOK_FILE.exec(text) ?? NOTEBOOK_CELL.exec(text) ?? PYTEST.exec(text)
  if (named) return { file: named[1] ?? '', line: Number(named[2]), function: named[3] ?? null }
  const old = OLD_NOTEBOOK.exec(text)
  if (old) return { file: old[1] ?? '', line: 0, function: old[2] ?? null }
  const node = NODE.exec(text)
  return node ? { file: node[2] ?? '', line: Number(node[3]), function: node[1] ?? null } : null
}

/** The line that an old notebook's arrow points at: `----> 6 net = Net()`. */
export function arrowLine(raw: string): number | null {
  const arrow = ARROW.exec(stripPrefixes(raw))
  return arrow ? Number(arrow[1]) : null
}

const LIBRARY =
  /(?:site|dist)-packages|[\\/]lib[\\/]python\d|[\\/]lib64[\\/]python\d|^<(?:frozen|string|__array)|[\\/]node_modules[\\/]|^node:|^internal[\\/]|\.pyx$|[\\/](?:bin|Scripts)[\\/](?:torchrun|accelerate|deepspeed)|^(?:pyarrow|pandas)[\\/]|[\\/]Lib[\\/]\w+\.py$/

/** Whether a frame is in a person's own code rather than in a library. */
export function isOwn(frame: Frame): boolean {
  return !LIBRARY.test(frame.file)
}

/** `train.py:21 in main`, redacted; a folder is named only as far as it tells files apart. */
export function writeFrame(frame: Frame): string {
  const parts = redact(frame.file)
    .split(/[\\/]/)
    .filter((part) => part !== '')
  const file = parts.slice(-2).join('/')
  const line = frame.line > 0 ? `:${frame.line}` : ''
  const inside = frame.function === null || frame.function === '<module>' ? '' : ` in ${frame.function}`
  return `${file}${line}${inside}`
}

/** The last frame of own code in the traceback that ends above `at`, else the last frame of any. */
export function frameAbove(lines: readonly string[], at: number): string | null {
  let last: Frame | null = null
  let arrow: number | null = null
  for (let i = at - 1; i >= Math.max(0, at - 400); i--) {
    const raw = lines[i] ?? ''
    if (/^Traceback \(most recent call last\)|During handling of|direct cause of the following/.test(raw)) break
    arrow = arrowLine(raw) ?? arrow
    const frame = readFrame(raw)
    if (!frame) continue
    const placed = frame.line === 0 && arrow !== null ? { ...frame, line: arrow } : frame
    arrow = null
    if (isOwn(placed)) return writeFrame(placed)
    last ??= placed
  }
  return last ? writeFrame(last) : null
}
