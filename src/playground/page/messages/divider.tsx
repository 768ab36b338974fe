import { formatMoment } from '../moment.ts'

export function DayDivider({ at }: { at: number }) {
  return (
    <li class="divider" role="separator" aria-label={formatMoment(at, 'D')}>
      <span>{formatMoment(at, 'D')}</span>
    </li>
  )
}

export function NewDivider() {
  return (
    <li class="divider divider-new" role="separator" aria-label="New messages">
      <b>New</b>
    </li>
  )
}
