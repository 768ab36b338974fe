/** What logs of many megabytes consist of, the harmless and the hostile. */
export const LARGE: Readonly<Record<string, string>> = {
  'log rows and progress bars':
    "{'loss': 0.4123, 'grad_norm': 1.93, 'learning_rate': 1.23e-05, 'epoch': 0.52}\n\r 12%|█▏        | 1200/10000 [10:01<1:13:29,  2.00it/s]",
  'frames of a traceback': '  File "/home/ada/proj/prepare.py", line 8, in load\n    return parse(row)\n',
  'coloured words': '\x1b[0;31mRuntimeError\x1b[0m: CUDA \x1b[1mmemory\x1b[0m.\r\n',
  'colours alone': '\x1b[0;31m',
  'erased lines': '\x1b[2K\r',
  'commands that never end': '\x1b[',
  'titles that never end': '\x1b]',
  'colours without their escape': '[0m',
  'zero-width characters': '\u200b',
  'typographic quotes': '\u2018\u201d',
  entities: '&quot;&amp;',
  ampersands: '&',
  zeros: '\0',
  'one long line': 'a',
  'empty lines': '\n',
  Russian: 'Ошибка при обучении модели ',
}

/** The unit again and again, to 5 MiB of characters. */
export function fiveMegabytes(unit: string): string {
  const length = 5 * 2 ** 20
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
}
