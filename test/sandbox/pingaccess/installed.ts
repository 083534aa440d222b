import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createAdministrator, type Recipe } from '../../../src/sandbox/pingaccess/administrator.ts'
import { createSandbox, type Sandbox, type SandboxPingAccess } from '../../../src/sandbox/sandbox.ts'
import { shareSigningKey } from '../../signing-key.ts'
import { callAdminApi } from '../call-admin-api.ts'

export type Installed = {
  sandbox: Sandbox
  pingAccess: SandboxPingAccess
  administrator: ReturnType<typeof createAdministrator>
  /** Saves a client in PingFederate. */
  save: (client: Readonly<Record<string, unknown>>) => Promise<void>
  /** Opens an address as a person of the sandbox, with an empty browser. */
  open: (
    url: string,
    person?: string,
  ) => Promise<{ status: number | undefined; text: string; clicks: readonly string[] }>
}

/** PingFederate, and a PingAccess that trusts it. */
export const install = async (t: TestContext, now = () => new Date()): Promise<Installed> => {
  const sandbox = await createSandbox({ audience: 'test', signingKey: await shareSigningKey(), now })
  t.after(() => sandbox.close())
  return installOn(sandbox, await sandbox.startPingAccess())
}

/** The same of what runs already. */
export const installOn = async (sandbox: Sandbox, pingAccess: SandboxPingAccess): Promise<Installed> => {
  const administrator = createAdministrator(pingAccess)
  await administrator.trust({ issuer: pingAccess.issuer, certificate: { pem: pingAccess.certificate } })
  return {
    sandbox,
    pingAccess,
    administrator,
    async save(client) {
      const path = `/oauth/clients/${client['clientId']}`
      const exists = (await callAdminApi(sandbox, 'GET', path)).status === 200
      const saved = await (exists
        ? callAdminApi(sandbox, 'PUT', path, client)
        : callAdminApi(sandbox, 'POST', '/oauth/clients', client))
      assert.ok(saved.status < 300, JSON.stringify(saved.body))
    },
    async open(url, person = 'ana') {
      await using browser = pingAccess.openBrowser(person, [new URL(url).host])
      return await browser.open(url)
    },
  }
}

export const secret = 'a-secret-of-32-characters-or-more'

export const client = {
  clientId: 'pa_wam',
  name: 'PingAccessWebAccessManagement',
  clientAuth: { type: 'SECRET', secret },
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
  bypassApprovalPage: true,
  grantTypes: ['AUTHORIZATION_CODE'],
}

/** What fits that client, as the service would say it. */
export const recipe: Recipe = {
  clientId: 'pa_wam',
  webSession: {
    name: 'pa_wam',
    audience: 'pa_wam',
    clientCredentials: { clientId: 'pa_wam', clientSecret: { value: null }, credentialsType: 'SECRET' },
    scopes: ['profile', 'email', 'address', 'phone'],
    pkceChallengeType: 'SHA256',
    failOnUnsupportedPreservationContentType: false,
  },
  secretPointer: '/clientCredentials/clientSecret/value',
  applications: [
    {
      contextRoot: '/',
      virtualHosts: [{ host: 'mypingaccessserver', port: 3000 }],
      deployReservedResources: false,
    },
  ],
}
