import type { Form } from './form.ts'
import { EVERYWHERE } from './words/everywhere.ts'
import { ON_GPU } from './words/gpu.ts'
import { HALF, type HalfType } from './words/half.ts'
import { warpgroupWords } from './words/warpgroup.ts'
import { WIDE } from './words/wide.ts'

/**
 * The C++ that every kernel is written in, the beginning of every compilation by NVRTC. No headers: NVRTC needs none, and
 * half precision is converted by the instructions themselves.
 */
export function prelude(half: HalfType, tiles: Form['tiles']): string {
  return [ON_GPU, HALF[half], EVERYWHERE, WIDE, tiles === 'warpgroup' ? warpgroupWords(half) : ''].join('')
}
