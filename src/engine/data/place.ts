import { access, constants, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { distance } from 'fastest-levenshtein'
import { UserError } from '../../user-error.ts'

interface Asked {
  folder: string
  path: string
  what: 'model' | 'dataset'
}

/**
 * The real path of something inside of `folder`. Paths that lead out of it, symbolic links too, are refused.
 * Throws UserError; when there is no such thing, with the nearest names that there are.
 */
export async function placeInside(asked: Asked): Promise<string> {
  const place = await findInside(asked)
  if (place === null) throw await notThere(asked)
  return place
}

/** The same; null when there is no such thing. Throws UserError when the path leads out, or may not be read. */
export async function findInside({ folder, path, what }: Asked): Promise<string | null> {
  const outside = new UserError(
    `The ${what} \`${path}\` is outside of the ${what}s folder.`,
    `Put it into ${folder} and name it as it is called there.`,
    'path-outside',
  )
  if (path.includes('\0') || isAbsolute(path) || !isInside(folder, resolve(folder, path))) throw outside

  const [root, target] = await Promise.all([
    realpath(folder).catch(() => null),
    realpath(join(folder, path)).catch(() => null),
  ])
  if (root === null || target === null) return null
  if (!isInside(root, target)) throw outside
  try {
    await access(target, constants.R_OK)
  } catch {
    throw new UserError(
      `The ${what} \`${path}\` may not be read by this program.`,
      `Allow it: \`chmod -R a+rX '${target}'\``,
      'permission-denied',
    )
  }
  return target
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** That something is not in its folder, with the nearest names that are. */
export async function notThere({ folder, path, what }: Asked): Promise<UserError> {
  const place = dirname(path)
  const names = await readdir(join(folder, place)).catch(() => [] as string[])
  const near = names
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({ name, edits: distance(name.toLowerCase(), basename(path).toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ name }) => `\`${place === '.' ? name : `${place}/${name}`}\``)
  return new UserError(
    `There is no ${what} \`${path}\` in ${folder}.`,
    near.length > 0
      ? `The nearest there: ${near.join(', ')}.`
      : `The folder holds nothing yet: copy the ${what} into it.`,
    `${what}-not-found`,
  )
}
