import { afterAll, expect } from 'vitest'

const warnings: string[] = []
process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`))

afterAll(() => {
  expect(warnings, 'Node printed warnings').toEqual([])
})
