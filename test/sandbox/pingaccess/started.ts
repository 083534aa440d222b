import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { SandboxPingAccess } from '../../../src/sandbox/sandbox.ts'
import { startTestService, type TestService } from '../../service.ts'

export type ServiceWithPingAccess = TestService & { pingAccess: SandboxPingAccess }

/** What the service signs in to its administrative API with. */
export const toVariables = ({ adminUrl, adminPassword }: SandboxPingAccess): Record<string, string> => ({
  PINGACCESS_ADMIN_URL: adminUrl,
  PINGACCESS_USERNAME: 'Administrator',
  PINGACCESS_PASSWORD: adminPassword,
})

type Options = Omit<NonNullable<Parameters<typeof startTestService>[1]>, 'env'> & {
  env?: Record<string, string>
  /** Whether the service is told of PingAccess's administrative API. */
  withAdminApi?: boolean
  /** Where the service reaches it, instead of at its own address. */
  reach?: (adminUrl: string) => Promise<string>
}

/** The service, with a PingAccess beside it that uses the runtime node which the service knows. */
export const startWithPingAccess = async (
  t: TestContext,
  { env = {}, withAdminApi = true, reach = async adminUrl => adminUrl, ...options }: Options = {},
): Promise<ServiceWithPingAccess> => {
  const folder = await mkdtemp(join(tmpdir(), 'pingaccess-'))
  t.after(() => rm(folder, { recursive: true }))
  const certificateFile = join(folder, 'pingfederate.pem')
  let pingAccess: SandboxPingAccess | undefined
  const service = await startTestService(t, {
    ...options,
    async env(sandbox) {
      pingAccess = await sandbox.startPingAccess()
      await writeFile(certificateFile, pingAccess.certificate)
      return {
        PINGFEDERATE_RUNTIME_URLS: pingAccess.issuer,
        PINGFEDERATE_CA_FILE: certificateFile,
        ...(withAdminApi && {
          ...toVariables(pingAccess),
          PINGACCESS_ADMIN_URL: await reach(pingAccess.adminUrl),
        }),
        ...env,
      }
    },
  })
  assert.ok(pingAccess)
  return { ...service, pingAccess }
}
