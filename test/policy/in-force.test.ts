import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { createPolicyInForce } from '../../src/policy/in-force.ts'
import { readPolicySetting } from '../../src/policy/setting.ts'
import { openPolicy } from '../../src/policy/team-policy.ts'
import { example, writePolicyFile } from './files.ts'

const hold = (t: TestContext, level = 'info') => {
  const file = writePolicyFile(t, example)
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null, level }, { write: line => lines.push(JSON.parse(line)) })
  const holder = createPolicyInForce(readPolicySetting(file.path).policy, log)
  const hosts = () => holder.current().defaults.hosts.value
  return { ...file, ...holder, lines, hosts }
}

test('a reload puts the new file in force, and the log says which one by its digest', t => {
  const { path, write, reload, hosts, lines } = hold(t)
  assert.deepEqual(hosts(), [])
  write({ ...example, defaults: { hosts: ['a.example.com'] } })
  reload()
  assert.deepEqual(hosts(), ['a.example.com'])
  const { msg, sha256 } = lines.at(-1) ?? {}
  assert.equal(msg, 'policy loaded')
  assert.equal(sha256, createHash('sha256').update(readFileSync(path)).digest('hex'))
})

test('a reload that finds the file wrong logs every problem and leaves the former policy in force', t => {
  const { write, reload, current, lines } = hold(t)
  const before = current()
  write({ changeableBy: '', defaults: { hosts: ['*'], ports: [0] } })
  reload()
  assert.equal(current(), before)
  const { msg, level, problems } = lines.at(-1) ?? {}
  assert.match(String(msg), /refused/)
  assert.equal(level, 50)
  const pointers = (problems as { pointer: string }[]).map(({ pointer }) => pointer)
  assert.deepEqual([...new Set(pointers)], ['/changeableBy', '/defaults/hosts/0', '/defaults/ports/0'])
})

for (const level of ['info', 'warn', 'silent']) {
  test(`a policy that is loaded or refused is a line with audit: true also with LOG_LEVEL=${level}`, t => {
    const { write, reload, lines } = hold(t, level)
    write({ ...example, defaults: {} })
    reload()
    write('')
    reload()
    assert.deepEqual(
      lines.map(({ audit, msg }) => [audit, String(msg).split(';')[0]]),
      [
        [true, 'policy loaded'],
        [true, 'policy loaded'],
        [true, 'policy file refused'],
      ],
    )
  })
}

for (const [what, spoil] of [
  ['is empty', ({ write }: ReturnType<typeof hold>) => write('')],
  ['is half written', ({ write }: ReturnType<typeof hold>) => write('{"changeableBy": "x", "teams": {')],
  ['is gone', ({ path }: ReturnType<typeof hold>) => rmSync(path)],
] as const) {
  test(`a reload that finds that the file ${what} leaves the former policy in force, and the next one works`, t => {
    const held = hold(t)
    const before = held.current()
    spoil(held)
    held.reload()
    assert.equal(held.current(), before)
    assert.match(String(held.lines.at(-1)?.['msg']), /refused/)
    held.write({ ...example, defaults: {} })
    held.reload()
    assert.notEqual(held.current(), before)
  })
}

test('without a file a reload changes nothing and says so', () => {
  const lines: string[] = []
  const holder = createPolicyInForce(
    readPolicySetting(undefined).policy,
    pino({}, { write: line => lines.push(line) }),
  )
  holder.reload()
  assert.equal(holder.current(), openPolicy)
  assert.match(lines.join(''), /no policy file is configured/)
})
