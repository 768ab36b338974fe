import { describe, expect, it } from 'vitest'
import { DEFAULTS } from '../../../src/run/arguments.ts'
import { modelOf } from '../../../src/engine/models/model.ts'
import { trainProgram } from '../../../src/engine/programs.ts'
import type { Program, Value } from '../../../src/engine/tracer/node.ts'
import { readTrace } from '../trace.ts'
import { CONFIGS } from './steps.ts'

async function programOf(name: string, gradient_checkpointing: boolean, layers = CONFIGS[name]): Promise<Program> {
  const { pretrained } = await readTrace(name)
  const model = modelOf({ config: { ...pretrained.config, ...layers }, labels: 3, dropout: 0.1 })
  return trainProgram({ model, args: { ...DEFAULTS, gradient_checkpointing }, update: true })
}

/** Numbers for what programs compute: two values have the same where they are made in the same way of the same inputs. */
function meanings() {
  const known = new Map<string, number>()
  const meaningOf = (key: string) => known.get(key) ?? known.set(key, known.size).get(key)
  return ({ inputs, nodes, outputs }: Program) => {
    const of = new Map<number, number | undefined>()
    const read = (values: readonly Value[]) => values.map(({ id }) => of.get(id))
    for (const { name, value } of inputs) of.set(value.id, meaningOf(name))
    for (const { op, attributes, inputs, outputs } of nodes) {
      if (op === 'After') {
        of.set(outputs[0]?.id ?? -1, read(inputs)[0])
        continue
      }
      const key = JSON.stringify([op, attributes, op === 'DropoutMask' ? [] : read(inputs), outputs[0]?.shape])
      outputs.forEach(({ id }, i) => of.set(id, meaningOf(`${key} ${i}`)))
    }
    const made = new Set(nodes.filter(({ op }) => op !== 'After').flatMap(({ outputs }) => read(outputs)))
    return { made, outputs: outputs.map(({ name, value }) => [name, of.get(value.id)]) }
  }
}

describe.each(Object.keys(CONFIGS))('the program of a step of %s', (name) => {
  it('computes the same with gradient checkpointing: nothing more, some of it twice', async () => {
    const meaning = meanings()
    const [without, checkpointed] = [await programOf(name, false), await programOf(name, true)]
    expect(without.nodes.some(({ op }) => op === 'After')).toBe(false)
    expect(checkpointed.nodes.length).toBeGreaterThan(without.nodes.length + 3 * 25)
    expect(meaning(checkpointed)).toEqual(meaning(without))
  })

  it('lets go of what the layers make on their way, but for what each reads', async () => {
    const across = (program: Program) => {
      // The gradient of the loss is where the way back begins.
      const middle = program.nodes.findIndex(({ inputs }) =>
        inputs.some(({ id }) => id === program.inputs.find(({ name }) => name === 'row_weights')?.value.id),
      )
      const read = new Set(program.nodes.slice(middle).flatMap(({ inputs }) => inputs.map(({ id }) => id)))
      const made = program.nodes.slice(0, middle).filter(({ op }) => op !== 'Constant')
      return made.flatMap(({ outputs }) => outputs).filter(({ id, shape }) => read.has(id) && shape.length > 2).length
    }
    // As many more with each further layer: one with, and all that its gradients read without.
    const layers = (n: number) => Object.fromEntries(Object.keys(CONFIGS[name] ?? {}).map((key) => [key, n]))
    const more = async (with_: boolean) =>
      across(await programOf(name, with_, layers(5))) - across(await programOf(name, with_, layers(4)))
    expect(await more(true)).toBe(1)
    expect(await more(false)).toBeGreaterThan(15)
  })
})

it('leaves a model of one layer as it is', async () => {
  const one = { n_layers: 1 }
  const [without, checkpointed] = [await programOf('distilbert', false, one), await programOf('distilbert', true, one)]
  expect(checkpointed.nodes.map(({ op }) => op)).toEqual(without.nodes.map(({ op }) => op))
})
