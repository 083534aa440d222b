import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { auditActions, auditOutcomes } from '../../src/audit/vocabulary.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'

const server = usePostgresServer()
const document = readFileSync(new URL('../../docs/audit.md', import.meta.url), 'utf8')

/** The rows of the table under that heading: its first two columns, the first without its quotes. */
const tableUnder = (heading: string): [string, string][] => {
  const [, section = ''] = document.split(`## ${heading}\n`)
  const [table = ''] = section.split('\n## ')
  return [...table.matchAll(/^\| `([^|]+)` \| (.+) \|$/gm)].map(([, name = '', text = '']) => [name, text])
}

test('docs/audit.md and the code name the same actions and outcomes with the same meaning', () => {
  assert.deepEqual(tableUnder('Actions'), Object.entries(auditActions))
  assert.deepEqual(tableUnder('Outcomes'), Object.entries(auditOutcomes))
})

test('docs/audit.md explains every column of the table and every field of the log line', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  const table = service.env['DATABASE_URL'] ?? ''
  const columns = await execute(table, "select name from pragma_table_info('audit_event')")
  const line = JSON.parse(service.logLines.find(each => each.includes('"audit":true')) ?? '{}')
  const { level, audit, msg, ...fields } = line
  assert.deepEqual([level, audit, msg], ['info', true, 'audit event'])
  const explained = tableUnder('What an event says').map(
    ([column, rest]) => `${column} ${rest.split('|')[0]}`,
  )
  const names = [...explained.join(' ').matchAll(/[a-z_A-Z]+/g)].map(([name]) => name)
  for (const { name } of columns) assert.ok(names.includes(String(name)), String(name))
  for (const name of Object.keys(fields)) assert.ok(names.includes(name), name)
})

const blocks = [...document.matchAll(/```sql\n([^`]+)```/g)].map(([, text = '']) => text)
const engines = [
  { engine: 'PostgreSQL', removal: blocks[0], url: () => server.createDatabase() },
  { engine: 'SQLite', removal: blocks[1], url: async () => undefined },
]

for (const { engine, removal = '', url } of engines) {
  test(`on ${engine} the documented way removes old events and no others, and leaves the table append-only`, async t => {
    const database = await url()
    const service = await startTestService(t, { ...(database !== undefined && { database }) })
    const where = service.env['DATABASE_URL'] ?? ''
    await createRetrieval(service)
    await service.stop()
    const old = "'2019-12-31T23:59:59.999Z', 'client.create', 'done', 'ana', 'old'"
    await execute(where, `insert into audit_event (at, action, outcome, subject, request_id) values (${old})`)
    await execute(where, removal)
    const kept = await execute(where, 'select outcome from audit_event order by audit_event_id')
    assert.deepEqual(
      kept.map(({ outcome }) => outcome),
      ['intended', 'done'],
    )
    await assert.rejects(execute(where, 'delete from audit_event'), /append-only/)
  })
}
