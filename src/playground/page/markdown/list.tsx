import { renderMarks } from './markdown.tsx'
import type { MarkList } from './parse.ts'

export function List({ list }: { list: MarkList }) {
  const items = list.items.map(({ content, inside }, index) => (
    <li key={index}>
      {renderMarks(content)}
      {inside.map((deeper, at) => (
        <List key={at} list={deeper} />
      ))}
    </li>
  ))
  return list.ordered ? <ol start={list.start}>{items}</ol> : <ul>{items}</ul>
}
