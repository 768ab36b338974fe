import type { Repository } from './repository.ts'

/** Someone with a token on the local Hub. */
export interface Account {
  token: string
  name: string
  orgs?: readonly string[]
  role: 'read' | 'write' | 'fineGrained'
  /** Of a fine-grained token: what it may do in a namespace, in the Hub's words (`repo.write`, `repo.content.read`). */
  scopes?: readonly { namespace: string; permissions: readonly string[] }[]
  /** Gated repositories whose terms this account has accepted. */
  accepted?: readonly string[]
  /** Gated repositories whose owner has not yet answered. */
  waiting?: readonly string[]
}

export function isMember(account: Account | null, namespace: string): boolean {
  return account !== null && (account.name === namespace || (account.orgs ?? []).includes(namespace))
}

export function maySee(account: Account | null, repository: Repository): boolean {
  return repository.private !== true || isMember(account, namespaceOf(repository.name))
}

export function mayWrite(account: Account | null, namespace: string): boolean {
  if (account === null || !isMember(account, namespace)) return false
  if (account.role !== 'fineGrained') return account.role === 'write'
  return (account.scopes ?? []).some(
    (scope) => scope.namespace === namespace && scope.permissions.includes('repo.write'),
  )
}

export function mayDownload(account: Account | null, { gated, name }: Repository): 'yes' | 'waiting' | 'no' {
  if (gated === undefined || isMember(account, namespaceOf(name))) return 'yes'
  if (account?.accepted?.includes(name)) return 'yes'
  return account?.waiting?.includes(name) ? 'waiting' : 'no'
}

export function namespaceOf(name: string): string {
  return name.split('/')[0] ?? ''
}

/** What `/api/whoami-v2` answers. */
export function whoAmI(account: Account): object {
  return {
    type: 'user',
    id: `local-${account.name}`,
    name: account.name,
    fullname: account.name,
    email: null,
    emailVerified: true,
    isPro: false,
    canPay: false,
    avatarUrl: '',
    periodEnd: null,
    orgs: (account.orgs ?? []).map((name) => ({ type: 'org', id: `local-${name}`, name, fullname: name })),
    auth: {
      type: 'access_token',
      accessToken: {
        displayName: 'local',
        role: account.role,
        createdAt: '2025-01-01T00:00:00.000Z',
        ...(account.role === 'fineGrained'
          ? {
              fineGrained: {
                canReadGatedRepos: true,
                global: [],
                scoped: (account.scopes ?? []).map(({ namespace, permissions }) => ({
                  entity: { type: namespace === account.name ? 'user' : 'org', name: namespace },
                  permissions,
                })),
              },
            }
          : {}),
      },
    },
  }
}
