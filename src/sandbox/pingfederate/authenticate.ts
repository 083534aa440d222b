import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { refusal } from './api-result.ts'
import type { Lockout } from './lockout.ts'

/** An account of the administrative console with a password. */
interface Account {
  readonly username: string
  /** May be changed while the stand-in runs. */
  password: string
  readonly role: Role
}

/** An Auditor may only read. */
export type Role = 'Admin' | 'Auditor'

/** Whoever may use the admin API. */
export interface AdminAccess {
  readonly accounts: readonly Account[]
  /** Whether this is an access token of the issuer for the admin API. */
  readonly acceptsToken: (token: string) => Promise<boolean>
}

type Authenticate = (request: IncomingMessage) => Role | Promise<Role>

/** Says 401 to whoever isn't known, 403 to requests without PingFederate's header and to auditors who write. */
export function createAuthenticate({ accounts, acceptsToken }: AdminAccess, lockout: Lockout): Authenticate {
  function authenticatePassword(authorization: string): Role {
    const username = toUsername(authorization)
    const account = accounts.find(known => known.username === username)
    if (account === undefined) return unauthenticated()
    const isPassword = timingSafeEqual(sha256(toBasic(account)), sha256(authorization))
    // A locked account answers like a wrong password, and counts even the right one as a try.
    if (!isPassword || lockout.isLocked(account.username)) {
      lockout.failed(account.username)
      return unauthenticated()
    }
    lockout.succeeded(account.username)
    return account.role
  }

  async function authenticateToken(token: string): Promise<Role> {
    return (await acceptsToken(token)) ? 'Admin' : unauthenticated()
  }

  return request => {
    if (!request.headers['x-xsrf-header']) {
      throw refusal(403, 'invalid_xsrf_header', 'The X-XSRF-Header is missing or invalid.')
    }
    const { authorization = '' } = request.headers
    const [, token] = /^Bearer (.+)$/i.exec(authorization) ?? []
    if (token !== undefined) return authenticateToken(token)
    const hasCertificate = request.socket instanceof TLSSocket && request.socket.authorized
    return hasCertificate && authorization === '' ? 'Admin' : authenticatePassword(authorization)
  }
}

/** Refuses a write by somebody who may only read. */
export function assertMayUse(role: Role, method: string): void {
  if (role === 'Admin' || method === 'GET') return
  throw refusal(403, 'insufficient_privileges', 'You do not have the privileges for this operation.')
}

function unauthenticated(): never {
  const challenge = { 'www-authenticate': 'Basic realm="PingFederate"' }
  throw refusal(401, 'invalid_credentials', 'The credentials you provided are not recognized.', challenge)
}

function toBasic({ username, password }: Account): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Whose password is tried; nobody's where the header is no Basic authentication. */
function toUsername(authorization: string): string {
  const [, credentials = ''] = /^Basic (.+)$/i.exec(authorization) ?? []
  const [username = ''] = Buffer.from(credentials, 'base64').toString().split(':')
  return username
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
