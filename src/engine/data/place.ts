import { access, constants, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { distance } from 'fastest-levenshtein'
import { UserError } from '../../user-error.ts'

/**
 * The real path of something inside of `folder`. Paths that lead out of it, symbolic links too, are refused.
 * Throws UserError; when there is no such thing, with the nearest names that there are.
 */
export async function placeInside({
  folder,
  path,
  what,
}: {
  folder: string
  path: string
  what: string
}): Promise<string> {
  const outside = new UserError(
    `The ${what} \`${path}\` is outside of the ${what}s folder.`,
    `Put it into ${folder} and name it as it is called there.`,
  )
  if (path.includes('\0') || isAbsolute(path) || !isInside(folder, resolve(folder, path))) throw outside

  const [root, target] = await Promise.all([
    realpath(folder).catch(() => null),
    realpath(join(folder, path)).catch(() => null),
  ])
  if (root === null || target === null) throw await notThere(folder, path, what)
  if (!isInside(root, target)) throw outside
  try {
    await access(target, constants.R_OK)
  } catch {
    throw new UserError(
      `The ${what} \`${path}\` may not be read by this program.`,
      `Allow it: \`chmod -R a+rX '${target}'\``,
    )
  }
  return target
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

async function notThere(folder: string, path: string, what: string): Promise<UserError> {
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
  )
}
