/** What is kept of texts that are only looked at: enough to tell how long they are, and which of them are the same. */
export interface TextSketch {
  /** In characters (UTF-16 units); 0 where a row has no text */
  lengths: Int32Array
  /** Equal for equal texts, and hardly ever for others */
  fingerprints: Float64Array
}

/** Characters that a fingerprint reads; texts that differ only behind them and have one length are taken for the same. */
const READ = 4096

/** Takes the lengths and fingerprints of texts, one after the other. */
export function textSketch(): { add: (text: unknown) => void; finish: () => TextSketch } {
  const lengths: number[] = []
  const fingerprints: number[] = []
  return {
    add: (value) => {
      const text = typeof value === 'string' ? value.trim() : ''
      lengths.push(text.length)
      fingerprints.push(fingerprint(text))
    },
    finish: () => ({ lengths: Int32Array.from(lengths), fingerprints: Float64Array.from(fingerprints) }),
  }
}

/** 53 bits of two multiplicative hashes (the constants are those of MurmurHash3 and xxHash). */
export function fingerprint(text: string): number {
  let a = text.length ^ 0x9e3779b1
  let b = text.length ^ 0x85ebca6b
  for (let i = 0; i < text.length && i < READ; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x85ebca77)
    b = Math.imul(b ^ unit, 0xc2b2ae3d)
  }
  a = Math.imul(a ^ (a >>> 15), 0xc2b2ae35) ^ (b >>> 13)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ (a >>> 12)
  return (b & 0x1fffff) * 2 ** 32 + (a >>> 0)
}
