import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Two cores, and many tests start real processes: more workers than cores only make each other late.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A Node warning anywhere is a defect: tests/setup/no-warnings.ts fails the file that raised it.
    setupFiles: ['tests/setup/no-warnings.ts'],
  },
})
