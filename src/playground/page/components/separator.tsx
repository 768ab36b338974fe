import { type APISeparatorComponent, SeparatorSpacingSize } from 'discord-api-types/v10'

export function Separator({ separator: { divider = true, spacing } }: { separator: APISeparatorComponent }) {
  const large = spacing === SeparatorSpacingSize.Large ? ' separator-large' : ''
  return <div class={`separator${large}`}>{divider && <hr />}</div>
}
