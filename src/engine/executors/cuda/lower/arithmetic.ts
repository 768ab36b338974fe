import type { Node } from '../../../tracer/node.ts'

/** Operations that are arithmetic place by place, in C. */
export const ARITHMETIC: Partial<Record<Node['op'], string>> = {
  Add: '($0 + $1)',
  Sub: '($0 - $1)',
  Mul: '($0 * $1)',
  Div: '($0 / $1)',
  Maximum: 'fmaxf($0, $1)',
  Minimum: 'fminf($0, $1)',
  Equal: '($0 == $1 ? 1.f : 0.f)',
  Greater: '($0 > $1 ? 1.f : 0.f)',
  Neg: '(-$0)',
  Exp: 'expf($0)',
  Log: 'logf($0)',
  Sqrt: 'sqrtf($0)',
  Erf: 'erff($0)',
  Tanh: 'tanhf($0)',
  Relu: 'fmaxf($0, 0.f)',
}
