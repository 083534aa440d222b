import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createStep, StepFailed } from '../../../src/sandbox/demo/step.ts'
import { createTerminal } from '../../../src/sandbox/demo/terminal.ts'
import { walkThrough } from '../../../src/sandbox/demo/walk-through.ts'
import type { TestService } from '../../service.ts'
import { callAdminApi, paWam } from '../call-admin-api.ts'
import { startWithPingAccess } from '../pingaccess/started.ts'

const walk = async (t: TestContext, prepare: (service: TestService) => Promise<unknown>) => {
  const { pingAccess, ...service } = await startWithPingAccess(t)
  await prepare(service)
  let output = ''
  const terminal = createTerminal(text => {
    output += text
  })
  const step = createStep(terminal, t.signal)
  const { sandbox, url: serviceUrl } = service
  await assert.rejects(walkThrough({ sandbox, pingAccess, serviceUrl, step }), StepFailed)
  return output
}

test('a wrong status ends it with what was expected and what was answered', async t => {
  const output = await walk(t, ({ sandbox }) => callAdminApi(sandbox, 'POST', '/oauth/clients', paWam))
  assert.match(output, /Create a client with two fields: 201 +✗/)
  assert.match(output, /expected 201, got 409\n.*"code":"client_exists_in_pingfederate"/)
  assert.doesNotMatch(output, /Redeem/)
})

test('a login that PingFederate refuses ends it', async t => {
  const output = await walk(t, async ({ sandbox }) => {
    sandbox.pingFederate.settings.defaultOidcPolicy = undefined
  })
  assert.match(output, /Redeem it again: 410 +✓/)
  assert.match(output, /Open https:\/\/mypingaccessserver:3000\/ and log in as ana +✗/)
  assert.match(output, /server_error: no default OpenID Connect policy/)
})
