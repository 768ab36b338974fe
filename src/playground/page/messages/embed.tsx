import type { APIEmbed } from 'discord-api-types/v10'
import { Link } from '../markdown/link.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { describeSent } from '../moment.ts'
import { colourOf } from '../names.ts'
import { Picture } from '../components/picture.tsx'

export function Embed({ embed }: { embed: APIEmbed }) {
  const colour = colourOf(embed.color)
  return (
    <div class="embed" style={colour ? { borderLeftColor: colour } : {}}>
      <div class="embed-words">
        {embed.author && <p class="embed-author">{embed.author.name}</p>}
        {embed.title && (
          <p class="embed-title">
            {embed.url ? <Link target={embed.url}>{embed.title}</Link> : <Markdown text={embed.title} inline />}
          </p>
        )}
        {embed.description && <Markdown text={embed.description} />}
        {embed.fields && (
          <dl class="embed-fields">
            {embed.fields.map(({ name, value, inline }, index) => (
              <div key={index} class={inline ? 'embed-field' : 'embed-field embed-field-wide'}>
                <dt>
                  <Markdown text={name} inline />
                </dt>
                <dd>
                  <Markdown text={value} />
                </dd>
              </div>
            ))}
          </dl>
        )}
        {embed.image && <Picture url={embed.image.url} alt="" />}
        {(embed.footer || embed.timestamp) && (
          <p class="embed-footer">
            {[embed.footer?.text, embed.timestamp && describeSent(Date.parse(embed.timestamp), Date.now())]
              .filter(Boolean)
              .join(' • ')}
          </p>
        )}
      </div>
      {embed.thumbnail && (
        <div class="thumbnail">
          <Picture url={embed.thumbnail.url} alt="" />
        </div>
      )}
    </div>
  )
}
