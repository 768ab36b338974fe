import { useNow } from '../clock.ts'
import { describeMoment, formatMoment } from '../moment.ts'

/** `<t:seconds:format>`. A relative one ticks. */
export function Timestamp({ seconds, format }: { seconds: number; format: string }) {
  const now = useNow(format === 'R' ? 1000 : 60_000)
  const at = seconds * 1000
  return (
    <time class="timestamp" dateTime={new Date(at).toISOString()} title={formatMoment(at, 'F')}>
      {format === 'R' ? describeMoment(at, now) : formatMoment(at, format)}
    </time>
  )
}
