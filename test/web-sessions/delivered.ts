import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createAdministrator } from '../../src/sandbox/pingaccess/administrator.ts'
import { startFaultyAdminApi } from '../pingaccess/faulty-admin-api.ts'
import { type ServiceWithPingAccess, startWithPingAccess } from '../sandbox/pingaccess/started.ts'
import type { Answer, TestService } from '../service.ts'

export const webSessionPath = '/web-session-clients/pay/web-session'
const applicationUrl = 'https://pay.example.com'

export type Delivered = ServiceWithPingAccess & {
  administrator: ReturnType<typeof createAdministrator>
  /** Breaks calls of the service to PingAccess. */
  admin: Awaited<ReturnType<typeof startFaultyAdminApi>>
}

/** The service, with a PingAccess that trusts PingFederate and whose administrative API can be broken. */
export const startDelivering = async (
  t: TestContext,
  options: Parameters<typeof startWithPingAccess>[1] = {},
): Promise<Delivered> => {
  let admin: Delivered['admin'] | undefined
  const service = await startWithPingAccess(t, {
    ...options,
    async reach(adminUrl) {
      admin = await startFaultyAdminApi(t, adminUrl)
      return admin.url
    },
  })
  assert.ok(admin)
  const administrator = createAdministrator(service.pingAccess)
  await administrator.trust((await service.call('GET', '/token-provider')).body)
  return { ...service, administrator, admin }
}

export const createPay = (
  { call }: Pick<TestService, 'call'>,
  others: object = {},
  options: Parameters<TestService['call']>[2] = {},
): Promise<Answer> =>
  call('POST', '/web-session-clients', {
    ...options,
    body: { clientId: 'pay', pingAccessUrls: [applicationUrl], ...others },
  })

export const deliver = (
  { call }: Pick<TestService, 'call'>,
  options: Parameters<TestService['call']>[2] = {},
): Promise<Answer> => call('PUT', webSessionPath, options)

/** What PingAccess shows of its web sessions. */
export const webSessions = async ({
  administrator,
}: Pick<Delivered, 'administrator'>): Promise<(Record<string, unknown> & { id: number })[]> =>
  (await administrator.send('GET', '/webSessions'))['items'] as never

/** Has the only web session protect the application. */
export const protect = async (service: Delivered): Promise<void> => {
  const [webSession = assert.fail()] = await webSessions(service)
  await service.administrator.protect((await service.call('GET', webSessionPath)).body, webSession.id)
}

/** What somebody with an empty browser sees of the application. */
export const open = async ({ pingAccess }: Pick<ServiceWithPingAccess, 'pingAccess'>): Promise<string> => {
  await using browser = pingAccess.openBrowser('ana', [new URL(applicationUrl).host])
  return (await browser.open(`${applicationUrl}/orders`)).text
}

/** A client whose secret is in PingAccess, and through which people log in. */
export const startDelivered = async (
  t: TestContext,
  options: Parameters<typeof startWithPingAccess>[1] = {},
): Promise<Delivered> => {
  const service = await startDelivering(t, options)
  assert.equal((await createPay(service)).status, 201)
  const { status, body } = await deliver(service)
  assert.equal(status, 201, JSON.stringify(body))
  await protect(service)
  assert.match(await open(service), /^Hello, Ana/)
  return service
}
