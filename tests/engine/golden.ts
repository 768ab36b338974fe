import { readFileSync } from 'node:fs'

/** What torch, NumPy, datasets and transformers gave: tests/golden/trainer-files/make.py. */
export function goldenFile(name: string): string {
  return readFileSync(new URL(`../golden/trainer-files/${name}`, import.meta.url), 'utf8')
}

export const vectors = JSON.parse(goldenFile('vectors.json')) as {
  shapes: Record<string, number[]>
  randperm: { n: number; seed: number; first: number[] }[]
  permutation: { n: number; seed: number; first: number[]; sha256: string }[]
  normal: { seed: number; std: number; shapes: number[][]; values: number[][] }[]
  shuffle: number[]
  split: { n: number; test_size: number; seed: number; train: number[]; test: number[] }
  tokens: { max_length: number; texts: string[]; ids: number[][]; lengths: number[] }
  collate: { ids: number[][] }
  f1: { truths: number[]; predictions: number[]; accuracy: number; macro: number }
  floats: { value: number; repr: string }[]
}
