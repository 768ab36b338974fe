import type { Screen } from './store.ts'

export function ConnectionBanner({ connection }: { connection: Screen['connection'] }) {
  if (connection !== 'lost') return null
  return (
    <p class="banner" role="alert">
      The connection to the playground was lost. Reconnecting…
    </p>
  )
}
