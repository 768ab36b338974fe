const COLOURS = ['#5865f2', '#757e8a', '#3ba55c', '#faa61a', '#ed4245', '#eb459e']

/** A person's picture: their initial on a colour that follows from their id. */
export function avatarSvg(id: string, name: string): string {
  const colour = COLOURS[Number((BigInt(id) >> 22n) % BigInt(COLOURS.length))] ?? COLOURS[0]
  const initial =
    name
      .match(/./u)?.[0]
      .toUpperCase()
      .replace(/[<>&"']/g, '?') ?? '?'
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">',
    `<rect width="64" height="64" fill="${colour ?? ''}"/>`,
    `<text x="32" y="42" font-family="sans-serif" font-size="30" fill="#fff" text-anchor="middle">${initial}</text>`,
    '</svg>',
  ].join('')
}
