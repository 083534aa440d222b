import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createAdministrator } from '../../src/sandbox/pingaccess/administrator.ts'
import type { SandboxPingAccess } from '../../src/sandbox/sandbox.ts'
import { toVariables } from '../sandbox/pingaccess/started.ts'
import { type Answer, laterThanLeasesMs } from '../service.ts'
import { createKey, smallest } from '../web-session-clients/requests.ts'
import { laterThanHoldMs, readEnds } from './after-kill.ts'
import { useEngines } from './engines.ts'
import type { Installation, ServiceProcess } from './installation.ts'
import { killAt, killUnanswered } from './kill.ts'
import type { Halt } from './service.ts'

const path = '/web-session-clients/pa_wam/web-session'
const put = { method: 'PUT', path: '/oauth/clients/pa_wam' }

type Started = {
  installation: Installation
  service: ServiceProcess
  pingAccess: SandboxPingAccess
  start: (aheadMs: number) => Promise<ServiceProcess>
}

/** Whether somebody with an empty browser reaches the application. */
const logsIn = async ({ pingAccess }: Pick<Started, 'pingAccess'>): Promise<boolean> => {
  const [url = ''] = smallest.pingAccessUrls
  await using browser = pingAccess.openBrowser('ana', [new URL(url).host])
  return (await browser.open(url)).text.startsWith('Hello, Ana')
}

/** A client whose secret is in PingAccess, and through which people log in. */
const startDelivered = async (
  t: TestContext,
  install: (t: TestContext) => Promise<Installation>,
): Promise<Started> => {
  const installation = await install(t)
  const pingAccess = await installation.sandbox.startPingAccess()
  const start = (aheadMs: number) => installation.start({ aheadMs, env: toVariables(pingAccess) })
  const service = await start(0)
  const administrator = createAdministrator(pingAccess)
  await administrator.trust({ issuer: pingAccess.issuer, certificate: { pem: pingAccess.certificate } })
  const { status, body } = await service.call('POST', '/web-session-clients', {
    body: { ...smallest, webSession: {} },
  })
  assert.equal(status, 201, JSON.stringify(body))
  const { body: recipe } = await service.call('GET', path)
  await administrator.protect(recipe, body.delivery.webSessions[0].id)
  const started = { installation, service, pingAccess, start }
  assert.equal(await logsIn(started), true)
  return started
}

const deliver = ({ call }: Pick<ServiceProcess, 'call'>, key: string) =>
  call('PUT', path, { headers: { 'idempotency-key': key } })

/** Asks again as long as the answer is that somebody works on it. */
const deliverOnceSettled = async (service: Pick<ServiceProcess, 'call'>, key: string): Promise<Answer> => {
  for (;;) {
    const answer = await deliver(service, key)
    if (answer.body.code !== 'operation_in_progress') return answer
  }
}

/** People log in all the time, and the retry ends with a secret that PingAccess and PingFederate have. */
const checkRepaired = async (started: Started, key: string, aheadMs: number): Promise<void> => {
  const { installation, start } = started
  assert.equal(await logsIn(started), true, 'after the kill')
  const service = await start(aheadMs)
  const { status, body } = await deliverOnceSettled(service, key)
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(await logsIn(started), true, 'after the retry')
  const { body: client } = await service.call('GET', '/web-session-clients/pa_wam')
  assert.equal(client.retrieval.state, 'delivered')
  await service.kill()
  assert.deepEqual(await readEnds(installation, 'client.deliver'), ['intended', 'done'])
  await installation.check()
}

const halts: [string, Halt, number][] = [
  ['before its intent is committed', { when: 'before', commit: 1 }, 0],
  ['after its intent', { when: 'after', commit: 1 }, laterThanLeasesMs],
  ['when the client is held', { when: 'after', commit: 2 }, laterThanHoldMs],
  [
    'between PingFederate’s answer and the hold for PingAccess',
    { when: 'before', commit: 3 },
    laterThanHoldMs,
  ],
  ['right before PingAccess is written to', { when: 'after', commit: 3 }, laterThanHoldMs],
  ['when PingAccess has the secret and nobody knows', { when: 'before', commit: 4 }, laterThanHoldMs],
  ['when it is known that PingAccess has the secret', { when: 'after', commit: 4 }, laterThanHoldMs],
]

for (const [engine, install] of Object.entries(useEngines())) {
  for (const [where, halt, aheadMs] of halts)
    test(`84: on ${engine}, a delivery is killed ${where}: people log in all the time, and the retry puts a secret into both`, async t => {
      const started = await startDelivered(t, install)
      const key = createKey()
      await killAt(started.service, halt, () => deliver(started.service, key))
      await checkRepaired(started, key, aheadMs)
    })

  test(`84: on ${engine}, a delivery is killed before PingFederate’s answer is read: people log in all the time, and the retry puts a secret into both`, async t => {
    const started = await startDelivered(t, install)
    const key = createKey()
    const { sandbox } = started.installation
    await killUnanswered({ sandbox, service: started.service }, put, () => deliver(started.service, key))
    await checkRepaired(started, key, laterThanHoldMs)
  })
}
