import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  Checked,
  Found,
  InstallationWarning,
  WarningCode,
} from '../../src/installation/warning-schema.ts'
import { watchInstallation } from '../../src/installation/watch-installation.ts'

const warningOf = (code: WarningCode, detail = 'Something is missing.'): InstallationWarning => ({
  code,
  detail,
  fix: 'Set it.',
  fixedBy: 'operator',
})

/** A watch whose looks find what the test says, and what it says of them. */
const start = () => {
  const lines: string[] = []
  const told: Record<string, boolean>[] = []
  const state = { now: 1_000_000_000, looks: 0, found: {} as Found, unread: [] as string[] }
  const note = (level: string) => (fields: { code: string; reason?: string }) =>
    void lines.push([level, fields.code, fields.reason].filter(Boolean).join(' '))
  const watch = watchInstallation({
    check: async (): Promise<Checked[]> => {
      state.looks += 1
      return [{ found: state.found, unread: state.unread }]
    },
    log: { warn: note('warn'), info: note('info') } as never,
    now: () => state.now,
    onLooked: known => told.push(Object.fromEntries(known)),
  })
  const look = async (found: Found, unread: string[] = []): Promise<string[]> => {
    Object.assign(state, { found, unread })
    lines.length = 0
    await watch.look()
    return [...lines]
  }
  return { ...watch, look, state, told, lines }
}

const codesOf = (warnings: readonly InstallationWarning[]) => warnings.map(({ code }) => code)

test('a warning is one line when it appears, none while it stays, and one when it has gone', async () => {
  const { look, warnings } = start()
  const found = { issuers_differ: warningOf('issuers_differ') }
  assert.deepEqual(await look(found), ['warn issuers_differ Something is missing.'])
  assert.deepEqual(await look(found), [])
  assert.deepEqual(codesOf(warnings()), ['issuers_differ'])
  assert.deepEqual(await look({ issuers_differ: null }), ['info issuers_differ'])
  assert.deepEqual(await look({ issuers_differ: null }), [])
  assert.deepEqual(warnings(), [])
})

test('a warning that has another text is told again', async () => {
  const { look } = start()
  await look({ scopes_unknown: warningOf('scopes_unknown', 'Two are missing.') })
  assert.deepEqual(await look({ scopes_unknown: warningOf('scopes_unknown', 'One is missing.') }), [
    'warn scopes_unknown One is missing.',
  ])
})

test('what a look could not read stays as it was known, and is a warning of its own', async () => {
  const { look, warnings, told } = start()
  await look({ issuers_differ: warningOf('issuers_differ'), scopes_unknown: null })
  const lines = await look({}, ['/version of PingFederate (timeout)'])
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /^warn preflight_incomplete .*\/version of PingFederate \(timeout\)\.$/)
  assert.deepEqual(codesOf(warnings()), ['issuers_differ', 'preflight_incomplete'])
  assert.deepEqual(told, [
    { issuers_differ: true, scopes_unknown: false, preflight_incomplete: false },
    { issuers_differ: true, scopes_unknown: false, preflight_incomplete: true },
  ])
  assert.deepEqual(await look({}), ['info preflight_incomplete'])
})

test('a whole look is good for an hour, one that lacks something for no time, and a clock set back ends it', async () => {
  const { lookWhenDue, look, state } = start()
  await lookWhenDue()
  state.now += 3_599_999
  await lookWhenDue()
  assert.equal(state.looks, 1)
  state.now += 1
  await lookWhenDue()
  assert.equal(state.looks, 2)
  state.now -= 1
  await lookWhenDue()
  assert.equal(state.looks, 3)
  await look({}, ['/version of PingAccess (timeout)'])
  await lookWhenDue()
  assert.equal(state.looks, 5)
})

test('nothing is said of a look that the stop has ended', async () => {
  const checking = Promise.withResolvers<Checked[]>()
  let signalled: AbortSignal | undefined
  const { look, stop, warnings } = watchInstallation({
    check: signal => {
      signalled = signal
      return checking.promise
    },
    log: { warn: () => assert.fail('it was said'), info: () => assert.fail('it was said') },
    now: () => 0,
    onLooked: () => assert.fail('it was told'),
  })
  const looking = look()
  stop()
  assert.equal(signalled?.aborted, true)
  checking.resolve([{ found: { issuers_differ: warningOf('issuers_differ') }, unread: ['/version'] }])
  await looking
  assert.deepEqual(warnings(), [])
})
