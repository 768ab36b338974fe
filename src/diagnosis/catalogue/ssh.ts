import { cause } from '../cause.ts'
import { command, manual, maybe } from '../fix.ts'

export const sshPublicKey = cause({
  code: 'FT-SSH-KEY',
  slug: 'ssh-publickey-denied',
  title: 'The server accepted none of the SSH keys',
  matches: [
    /Permission denied \((?:[\w-]+,)*publickey(?:,[\w-]+)*\)/i,
    /Permission denied, please try again\..{0,40}$/,
    /Agent admitted failure to sign using the key/i,
    /No supported authentication methods available/i,
    /(?:All configured authentication methods failed|Too many authentication failures)/i,
    /sign_and_send_pubkey: (?:signing failed|no mutual signature)/i,
    /UNPROTECTED PRIVATE KEY FILE/,
    /Load key ".{1,200}": (?:bad permissions|invalid format|error in libcrypto|Permission denied)/i,
    /AuthenticationException: Authentication failed|paramiko\S{0,40}AuthenticationException/,
  ],
  hints: [/UNPROTECTED PRIVATE KEY FILE/],
  explains: () =>
    'The public key is not in authorized_keys of that account, another key was offered, the key file may be read by others, or the user name is wrong.',
  fixes: () => [
    command('See which keys are offered', 'ssh -v USER@HOST'),
    command('Add your public key on the server (or in the account settings)', 'ssh-copy-id USER@HOST'),
    command(
      'Load the right key (or set IdentityFile and User in ~/.ssh/config), readable by you alone',
      'chmod 600 ~/.ssh/id_ed25519 && ssh-add ~/.ssh/id_ed25519',
    ),
  ],
})

export const sshHostKey = cause({
  code: 'FT-SSH-HOST-KEY',
  slug: 'ssh-host-key-changed',
  title: "The server's host key is not the one that is stored",
  matches: [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    /host key for .{1,120} has changed and you have requested strict checking/i,
    /Offending (?:\w+ )?key in \S{1,200}:\d+/i,
    /POSSIBLE DNS SPOOFING DETECTED/,
  ],
  hints: [/REMOTE HOST IDENTIFICATION HAS CHANGED/],
  explains: () =>
    'The server was reinstalled, an address was given to another machine, or somebody stands in between: ssh refuses until a person has looked.',
  fixes: () => [
    manual('Verify the new fingerprint with whoever runs the server'),
    command('Then remove the old host key from known_hosts, and connect again', 'ssh-keygen -R HOST'),
  ],
})

export const sshHostUnknown = cause({
  code: 'FT-SSH-HOST-UNKNOWN',
  slug: 'ssh-host-key-unknown',
  title: "The server's host key is not known yet",
  tier: 'general',
  matches: [
    /No \w+ host key is known for (?<host>\S{1,120}) and you have requested strict checking/i,
    /Host key verification failed/i,
  ],
  explains: () =>
    'Nobody on this machine has accepted the host key of that server, and nobody is asked in the background.',
  fixes: () => [
    command('Connect once by hand and compare the fingerprint with the one the administrators give', 'ssh USER@HOST'),
  ],
})

export const sshUnreachable = cause({
  code: 'FT-SSH-UNREACHABLE',
  slug: 'ssh-unreachable',
  title: 'The host cannot be reached by ssh',
  matches: [
    /ssh: connect to host (?<host>\S{1,120}) port \d+: (?<why>.{1,80})/i,
    /ssh: Could not resolve hostname (?<host>\S{1,120})/i,
    /Connection timed out during banner exchange/i,
    /kex_exchange_identification: .{0,80}/i,
    /Timeout, server \S{1,120} not responding/i,
  ],
  explains: (found) =>
    `${found.groups['host'] ?? 'The host'} does not answer${found.groups['why'] === undefined ? '' : ` (${found.groups['why'].trim()})`}: it is off, the name or port is wrong, a VPN or firewall is in between, or it has too many connections.`,
  fixes: () => [
    command('Try it from the machine that runs the bot', 'ssh -v USER@HOST true'),
    maybe('Check name, port and VPN; after "reset by peer" wait a minute (MaxStartups)'),
  ],
})
