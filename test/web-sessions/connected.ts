import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Exchange } from '../../src/sandbox/exchange.ts'
import type { SandboxPingAccess } from '../../src/sandbox/sandbox.ts'
import { type Between, standBetween } from '../sandbox/pingaccess/between.ts'
import { callPingAccess } from '../sandbox/pingaccess/call-pingaccess.ts'
import { type Answer, startTestService, type TestService } from '../service.ts'

export type Connected = TestService & {
  pingAccess: SandboxPingAccess
  between: Between
  exchanges: Exchange[]
  /** `POST /token-provider/certificate`, as an admin. */
  importCertificate: (body?: unknown) => Promise<Answer>
  /** Calls PingAccess as its administrator; throws what is refused. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are what the assertions are about
  ask: (method: string, path: string, body?: unknown) => Promise<any>
}

/** The service that trusts PingFederate, with a PingAccess that does not yet. */
export const startConnected = async (
  t: TestContext,
  env: Record<string, string> = {},
): Promise<Connected> => {
  const folder = await mkdtemp(join(tmpdir(), 'pingaccess-'))
  t.after(() => rm(folder, { recursive: true }))
  const certificateFile = join(folder, 'pingfederate.pem')
  let pingAccess: SandboxPingAccess | undefined
  let between: Between | undefined
  const service = await startTestService(t, {
    async env(sandbox) {
      pingAccess = await sandbox.startPingAccess()
      between = await standBetween(t, pingAccess.adminUrl)
      await writeFile(certificateFile, pingAccess.certificate)
      return {
        PINGFEDERATE_RUNTIME_URLS: pingAccess.issuer,
        PINGFEDERATE_CA_FILE: certificateFile,
        PINGACCESS_ADMIN_URL: between.url,
        PINGACCESS_USERNAME: pingAccess.adminUsername,
        PINGACCESS_PASSWORD: pingAccess.adminPassword,
        ...env,
      }
    },
  })
  assert.ok(pingAccess && between)
  const exchanges: Exchange[] = []
  pingAccess.onExchange(exchange => void exchanges.push(exchange))
  const place = pingAccess
  return {
    ...{ ...service, pingAccess, between, exchanges },
    importCertificate: body =>
      service.call('POST', '/token-provider/certificate', {
        as: 'operator',
        ...(body !== undefined && { body }),
      }),
    ask: async (method, path, body) => {
      const answer = await callPingAccess(place, method, path, body)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      return answer.body
    },
  }
}

/** The writes among them. */
export const writesOf = (exchanges: readonly Exchange[]): string[] =>
  exchanges.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)
