import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startTestService } from '../service.ts'
import { smallest } from './requests.ts'

/** A service whose password for PingFederate is in a file, and a PingFederate that locks accounts. */
const startWithPasswordFile = async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'password-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'password')
  let now = Date.now()
  const service = await startTestService(t, {
    env: async ({ adminPassword }) => {
      writeFileSync(file, adminPassword)
      return { PINGFEDERATE_ADMIN_PASSWORD: '', PINGFEDERATE_ADMIN_PASSWORD_FILE: file }
    },
    world: { now: () => now },
  })
  service.sandbox.pingFederate.settings.lockout.isOn = true
  let refused = 0
  service.sandbox.pingFederate.onExchange(({ status }) => {
    if (status === 401) refused += 1
  })
  let made = 0
  const create = async (query = ''): Promise<string> => {
    const body = { ...smallest, clientId: `client-${made++}` }
    const answer = await service.call('POST', `/web-session-clients${query}`, { body })
    return answer.status < 300 ? String(answer.status) : `${answer.status} ${answer.body.code}`
  }
  const wait = (ms: number): void => {
    now += ms
  }
  return { service, file, create, wait, refusedTries: () => refused }
}

const refusal = '502 pingfederate_credentials_refused'

test('70: 502 and one try for all that goes on asking after the password was changed; 201 as soon as it is in the file', async t => {
  const { service, file, create, wait, refusedTries } = await startWithPasswordFile(t)
  assert.equal(await create(), '201')
  service.sandbox.changeAdminPassword('the-second-password')
  wait(60_000)
  const asked = await Promise.all([...Array.from({ length: 10 }, () => create()), create('?dryRun=true')])
  assert.deepEqual([...new Set(asked)], [refusal])
  for (let seconds = 0; seconds < 85; seconds += 5) {
    assert.equal(await create(), refusal)
    assert.equal(await create('?dryRun=true'), refusal)
    assert.equal((await service.call('GET', '/health/ready', { as: null })).status, 200)
    wait(5_000)
  }
  assert.equal(refusedTries(), 1)
  writeFileSync(file, 'the-second-password')
  assert.equal(await create(), '201')
  assert.equal(refusedTries(), 1)
})

test('70: readiness and dry runs spend no try when the pause is over; a create does, and ends the refusals', async t => {
  const { service, create, wait, refusedTries } = await startWithPasswordFile(t)
  service.sandbox.changeAdminPassword('the-second-password')
  assert.equal(await create(), refusal)
  service.sandbox.changeAdminPassword(service.sandbox.adminPassword)
  wait(600_000)
  for (let index = 0; index < 5; index += 1) {
    assert.equal(await create('?dryRun=true'), refusal)
    await service.call('GET', '/health/ready', { as: null })
    wait(10_000)
  }
  assert.equal(refusedTries(), 1)
  assert.equal(await create(), '201')
  assert.equal(await create('?dryRun=true'), '200')
})
