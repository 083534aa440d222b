import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts'
import { basic, callAdminApi } from '../call-admin-api.ts'

/** A sandbox with the lock-out, and a clock that only the test moves. */
async function start(t: TestContext, { isOn = true } = {}) {
  const clock = { now: Date.parse('2026-01-01T00:00:00.000Z') }
  const sandbox = await createSandbox({ audience: 'test', now: () => new Date(clock.now) })
  t.after(() => sandbox.close())
  sandbox.pingFederate.settings.lockout.isOn = isOn
  return { sandbox, clock, ...callers(sandbox) }
}

function callers(sandbox: Sandbox) {
  const { adminUsername, adminPassword, auditor } = sandbox
  const as = async (authorization: string) =>
    (await callAdminApi(sandbox, 'GET', '/version', undefined, { authorization })).status
  return {
    asBearer: (token: string) => as(`Bearer ${token}`),
    asNobody: () => as(basic('nobody', 'wrong')),
    asAuditor: () => as(basic(auditor.username, auditor.password)),
    right: () => as(basic(adminUsername, adminPassword)),
    wrong: () => as(basic(adminUsername, 'wrong')),
  }
}

async function lock(wrong: () => Promise<number>): Promise<void> {
  for (const _ of [1, 2, 3]) assert.equal(await wrong(), 401)
}

test('401 even with the right password for a minute after three wrong ones in a row, and 200 after it', async t => {
  const { clock, wrong, right } = await start(t)
  await lock(wrong)
  assert.equal(await right(), 401)
  clock.now += 59_999
  assert.equal(await right(), 401)
  clock.now += 1
  assert.equal(await right(), 200)
})

test('200 after two wrong passwords, which begins a new row', async t => {
  const { wrong, right } = await start(t)
  for (const _ of [1, 2, 3]) {
    assert.deepEqual([await wrong(), await wrong()], [401, 401])
    assert.equal(await right(), 200)
  }
})

test('401 from the third wrong password on when they come at the same time', async t => {
  const { wrong, right } = await start(t)
  assert.deepEqual(await Promise.all([wrong(), wrong(), wrong()]), [401, 401, 401])
  assert.equal(await right(), 401)
})

test('three more wrong passwords are needed once a lock is over', async t => {
  const { clock, wrong, right } = await start(t)
  await lock(wrong)
  clock.now += 60_000
  assert.deepEqual([await wrong(), await wrong()], [401, 401])
  assert.equal(await right(), 200)
})

test('a try while the account is locked starts the minute again only where that is set', async t => {
  const { sandbox, clock, wrong, right } = await start(t)
  for (const [isProlongedByTries, status] of [
    [false, 200],
    [true, 401],
  ] as const) {
    sandbox.pingFederate.settings.lockout.isProlongedByTries = isProlongedByTries
    await lock(wrong)
    clock.now += 30_000
    assert.equal(await right(), 401)
    clock.now += 30_000
    assert.equal(await right(), status)
  }
})

test('200 for everybody else while an account is locked: other accounts and access tokens', async t => {
  const { sandbox, wrong, asAuditor, asBearer } = await start(t)
  await lock(wrong)
  assert.equal(await asAuditor(), 200)
  const token = await sandbox.accessToken({ service: 'pingfederate-admin-api' })
  assert.equal(await asBearer(token), 200)
})

test('wrong tokens, unknown accounts and requests without the header lock nobody', async t => {
  const { sandbox, right, asNobody, asBearer } = await start(t)
  for (const _ of [1, 2, 3, 4]) {
    assert.deepEqual([await asNobody(), await asBearer('nonsense')], [401, 401])
    const authorization = basic(sandbox.adminUsername, 'wrong')
    const headers = { authorization, 'x-xsrf-header': undefined }
    assert.equal((await callAdminApi(sandbox, 'GET', '/version', undefined, headers)).status, 403)
  }
  assert.equal(await right(), 200)
})

test('200 with the right password after any number of wrong ones unless a test turns the lock-out on', async t => {
  const { wrong, right } = await start(t, { isOn: false })
  for (const _ of [1, 2]) await lock(wrong)
  assert.equal(await right(), 200)
})
