import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { SandboxPingAccess } from '../../../src/sandbox/sandbox.ts'
import { startTestService, type TestService } from '../../service.ts'

export type ServiceWithPingAccess = TestService & { pingAccess: SandboxPingAccess }

/** The service, with a PingAccess that it may read, and that uses the runtime node which the service knows. */
export const startWithPingAccess = async (
  t: TestContext,
  others: Record<string, string> = {},
): Promise<ServiceWithPingAccess> => {
  const folder = await mkdtemp(join(tmpdir(), 'pingaccess-'))
  t.after(() => rm(folder, { recursive: true }))
  const certificateFile = join(folder, 'pingfederate.pem')
  let pingAccess: SandboxPingAccess | undefined
  const service = await startTestService(t, {
    async env(sandbox) {
      pingAccess = await sandbox.startPingAccess()
      await writeFile(certificateFile, pingAccess.certificate)
      return {
        PINGFEDERATE_RUNTIME_URLS: pingAccess.issuer,
        PINGFEDERATE_CA_FILE: certificateFile,
        PINGACCESS_ADMIN_URL: pingAccess.adminUrl,
        PINGACCESS_USERNAME: pingAccess.adminUsername,
        PINGACCESS_PASSWORD: pingAccess.adminPassword,
        ...others,
      }
    },
  })
  assert.ok(pingAccess)
  return { ...service, pingAccess }
}
