import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { IDToken } from 'openid-client'
import { readCookies, toCookie } from './cookies.ts'
import type { WebSession } from './schema.ts'

/** Somebody who is logged in. */
export interface Session {
  /** Of the ID token. */
  readonly claims: IDToken
  readonly audience: string
  readonly begunMs: number
  usedMs: number
  /** When the token provider last said that it has not revoked the session; 0 before it was asked. */
  confirmedMs: number
}

/** What PingAccess's own cookies begin with. */
const prefix = 'PA.'

/** Those who are logged in. PingAccess itself keeps this in the cookie; here the cookie is only its name. */
export function createSessions(now: () => Date) {
  const sessions = new Map<string, Session>()

  return {
    /** Begins one, and says which cookie it has. */
    begin(webSession: WebSession, claims: IDToken): string {
      const id = randomUUID()
      const begunMs = now().getTime()
      const { audience } = webSession
      sessions.set(id, { claims, audience, begunMs, usedMs: begunMs, confirmedMs: 0 })
      return toCookie(prefix + audience, id, webSession)
    },

    /** Whose request this is; undefined where nobody is logged in, or for too long, or for another audience. */
    find(request: IncomingMessage, webSession: WebSession): Session | undefined {
      const { audience, idleTimeoutInMinutes: idle = 60, sessionTimeoutInMinutes: whole = 240 } = webSession
      const session = sessions.get(readCookies(request).get(prefix + audience) ?? '')
      const nowMs = now().getTime()
      if (session?.audience !== audience || nowMs - session.usedMs >= idle * 60_000) return undefined
      if (nowMs - session.begunMs >= whole * 60_000) return undefined
      session.usedMs = nowMs
      return session
    },

    /** Ends those of a browser, and says how their cookies end. */
    end(request: IncomingMessage): string[] {
      const own = [...readCookies(request)].filter(([name]) => name.startsWith(prefix))
      for (const [, id] of own) sessions.delete(id)
      return own.map(([name]) => toCookie(name, undefined))
    },
  }
}
