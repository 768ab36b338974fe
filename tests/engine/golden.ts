import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where tests/golden/trainer-files/make.py left what torch, NumPy, datasets and transformers gave. */
export const goldenFolder = fileURLToPath(new URL('../golden/trainer-files/', import.meta.url))

export function goldenFile(name: string): string {
  return readFileSync(join(goldenFolder, name), 'utf8')
}

export const vectors = JSON.parse(goldenFile('vectors.json')) as {
  shapes: Record<string, number[]>
  randperm: { n: number; seed: number; first: number[] }[]
  permutation: { n: number; seed: number; first: number[]; sha256: string }[]
  normal: { seed: number; std: number; shapes: number[][]; values: number[][] }[]
  rows: { text: string; label: number }[]
  shuffle: number[]
  split: { n: number; test_size: number; seed: number; train: number[]; test: number[] }
  texts: string[]
  tokens: Record<'wordpiece' | 'bpe', { max_length: number; ids: number[][]; lengths: number[] }>
  collate: { ids: number[][] }
  f1: { truths: number[]; predictions: number[]; accuracy: number; macro: number }
  floats: { value: number; repr: string }[]
}
