import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Two cores, and many tests start real processes: more workers than cores only make each other late.
    maxWorkers: 2,
    // No test asks a Hub but the one that it starts.
    env: { HF_HUB_OFFLINE: '1' },
    // Ten times and more what the slowest test takes on two idle cores: beside other work nothing is late that is right.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Real processes and sockets on two crowded cores: in CI a test may be late once. At home every failure counts.
    retry: process.env['CI'] ? 1 : 0,
    // A Node warning anywhere is a defect: tests/setup/no-warnings.ts fails the file that raised it.
    // tests/setup/canary*.ts: no secret that tests work with may be in a message, log, event or database.
    globalSetup: ['tests/setup/canary-everywhere.ts'],
    setupFiles: ['tests/setup/no-warnings.ts', 'tests/setup/canary.ts'],
  },
})
