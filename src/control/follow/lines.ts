export interface Lines {
  lines: string[]
  /** How many bytes they take in the file, line ends included. */
  bytes: number
}

export interface LineCutter {
  /** The lines that are whole now. */
  push(chunk: Uint8Array): Lines
  /** Bytes of a last line that is not whole yet. */
  readonly torn: number
  /** How many lines were longer than the limit and left out. */
  readonly tooLong: number
}

/** Cuts bytes into lines and keeps a torn last line for later. A line over `limit` bytes is passed over, not kept. */
export function lineCutter({ limit = 16 * 1024 * 1024 }: { limit?: number } = {}): LineCutter {
  let pieces: Uint8Array[] = []
  let torn = 0
  let tooLong = 0
  let skipping = false

  const keep = (piece: Uint8Array): number => {
    if (!skipping) pieces.push(piece)
    torn += piece.length
    if (torn <= limit) return 0
    // Its bytes count as read, so that memory stays small and a restart goes on behind them.
    if (!skipping) tooLong += 1
    skipping = true
    return drop()
  }
  const drop = (): number => {
    const bytes = torn
    pieces = []
    torn = 0
    return bytes
  }

  return {
    push(chunk) {
      const lines: string[] = []
      let bytes = 0
      let start = 0
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        bytes += keep(chunk.subarray(start, end + 1))
        if (skipping) skipping = false
        else lines.push(Buffer.concat(pieces).toString('utf8').trimEnd())
        bytes += drop()
        start = end + 1
      }
      if (start < chunk.length) bytes += keep(chunk.subarray(start))
      return { lines, bytes }
    },
    get torn() {
      return torn
    },
    get tooLong() {
      return tooLong
    },
  }
}
