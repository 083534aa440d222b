import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

/**
 * Kinds of sources that need no test of their name: they hold what is declared, which the compiler and the tests of the
 * API document look at, or what stands together only in a process.
 */
const kinds: [RegExp, string][] = [
  [/(^|\/)(.+-)?(document|schema|settings|examples?)\.ts$/, 'schemas, descriptions and examples'],
  [
    /(^|\/)(change|config|environment|policy-problem|route|vocabulary|version)\.ts$/,
    'types, words and values',
  ],
  [/^database\/migrations\//, 'steps that test/database/migrate.test.ts and upgrade.test.ts take'],
  [/^main\.ts$/, 'the start, in test/processes/main.test.ts'],
  [/^api-document\/swagger-ui-/, 'what runs or shows in a page, in test/browser/swagger-ui.test.ts'],
  // Its parts replace PingFederate and the issuer, and are tested as what they replace is called.
  [/^sandbox\//, 'the sandbox'],
]

/** Sources whose promise is that of what they are part of, each with the test that would fail. */
const heldElsewhere: Record<string, string> = {
  // One expression of SQL, which each engine gives its meaning.
  'database/database-time.ts': 'database/store.test.ts',
  // Schemas made of schemas: what they refuse is refused by the routes.
  'http/nullable.ts': 'openapi/described.test.ts',
  'http/page-size.ts': 'web-session-clients/list.test.ts',
  // Tells what the account may not read from what failed for another reason, of both products.
  'installation/sort-failures.ts': 'installation/check-ping-access.test.ts',
  // One statement: whether what was decided is kept shows at the end of an operation.
  'journal/keep-facts.ts': 'web-session-clients/rotate-change.test.ts',
  // The calls behind each method, and what is read of their answers.
  'pingaccess/callbacks.ts': 'web-sessions/compare-redirects.test.ts',
  'pingaccess/calls.ts': 'pingaccess/ping-access.test.ts',
  'pingaccess/failure.ts': 'pingaccess/ping-access.test.ts',
  'pingaccess/identity-mappings.ts': 'pingaccess/ping-access.test.ts',
  'pingaccess/live.ts': 'pingaccess/ping-access.test.ts',
  'pingaccess/web-session-calls.ts': 'web-sessions/deliver.test.ts',
  'pingaccess/trust-calls.ts': 'web-sessions/import-certificate.test.ts',
  'pingfederate/client-calls.ts': 'pingfederate/ping-federate.test.ts',
  'pingfederate/cluster-calls.ts': 'pingfederate/ping-federate.test.ts',
  // What an administrator has set there, read of a whole client.
  'pingfederate/login-fields.ts': 'web-sessions/check-agreement.test.ts',
  'pingfederate/planned-call.ts': 'pingfederate/ping-federate.test.ts',
  // Signals and errors that nobody handles are those of a process.
  'process-end.ts': 'processes/main.test.ts',
  // One statement: whether it stored the right thing shows when that is found and redeemed.
  'secret-retrievals/insert-retrieval.ts': 'secret-retrievals/find-retrieval.test.ts',
  // Puts limits and counts of clients together, which the answer shows on each engine.
  'teams/usage.ts': 'teams/list.test.ts',
  // Puts the kinds of change together with the journal.
  'web-session-clients/client-journal.ts': 'web-session-clients/create-change.test.ts',
  // How a client is held and read before it is changed, and what of it may be deleted.
  'web-session-clients/hold-and-look.ts': 'web-session-clients/put-client.test.ts',
  'web-session-clients/find-deletable.ts': 'web-session-clients/delete.test.ts',
  // What a change plans, and its dry run, which the route shows.
  'web-session-clients/deliver-dry-run.ts': 'web-sessions/deliver.test.ts',
  'web-session-clients/deliver-request.ts': 'web-sessions/deliver.test.ts',
  'web-session-clients/delivery-problems.ts': 'web-sessions/deliver.test.ts',
  'web-session-clients/update-dry-run.ts': 'web-session-clients/update.test.ts',
  'web-session-clients/update-plan.ts': 'web-session-clients/update.test.ts',
  // What the kind behind a change writes, on each engine.
  // What a delivery keeps, and what of it a killed process leaves, on each engine.
  'web-session-clients/deliver-change.ts': 'faults/crash-of-delivery.test.ts',
  'web-session-clients/deliver-rows.ts': 'faults/crash-of-delivery.test.ts',
  'web-session-clients/update-rows.ts': 'web-session-clients/update-change.test.ts',
  // What a create and a change bring before they run, and what they answer, which PUT shows of both.
  'web-session-clients/apply-update.ts': 'web-session-clients/ensure.test.ts',
  'web-session-clients/create-request.ts': 'web-session-clients/ensure.test.ts',
  'web-session-clients/ensure-plan.ts': 'web-session-clients/ensure.test.ts',
  // What is recorded of an adopted client, and what is not adopted.
  'web-session-clients/adopt-client.ts': 'web-session-clients/adopt.test.ts',
  'web-session-clients/adoption-plan.ts': 'web-session-clients/adopt.test.ts',
  // What neither a reconciliation nor an adoption takes over.
  'web-session-clients/unfit-fields.ts': 'web-session-clients/reconcile.test.ts',
  // One direction of a reconciliation.
  'web-session-clients/accept.ts': 'web-session-clients/reconcile.test.ts',
  // What a dry run answers beside the plan, of a create and of a change.
  'web-session-clients/foresee-save.ts': 'web-session-clients/dry-run.test.ts',
  // The statements of the sweep, which it shows on each engine.
  'web-session-clients/drift-rows.ts': 'web-session-clients/sweep-drift.test.ts',
  // Puts two answers together: of the save, and of the cluster.
  'web-session-clients/upstream.ts': 'web-session-clients/create-replication.test.ts',
  // Asks every node and looks into the console, which the route shows.
  'web-sessions/check-login.ts': 'web-sessions/login-check.test.ts',
  // What PingAccess has and lacks, and the calls to it, which the import shows.
  'web-sessions/ping-access-trust.ts': 'web-sessions/import-certificate.test.ts',
  'web-sessions/write-trust.ts': 'web-sessions/import-certificate.test.ts',
  // The rows that each web session has, and the words in which they are told, on the live servers.
  'web-sessions/find-live.ts': 'web-sessions/recipe.test.ts',
  'web-sessions/compare-web-session.ts': 'web-sessions/check-agreement.test.ts',
  'web-sessions/compared-row.ts': 'web-sessions/check-agreement.test.ts',
  'web-sessions/read-live.ts': 'web-sessions/check-agreement.test.ts',
  // Without runtime nodes there is no check and no certificate.
  'web-sessions/require-nodes.ts': 'web-sessions/login-check.test.ts',
  // Puts web session, applications, agreement and checklist together, which the route shows.
  'web-sessions/to-recipe.ts': 'web-sessions/recipe.test.ts',
}

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(file =>
  file.endsWith('.ts'),
)

const hasTest = (file: string): boolean => existsSync(join(root, 'test', file.replace(/\.ts$/, '.test.ts')))

const untested = sources.filter(file => !hasTest(file) && !kinds.some(([kind]) => kind.test(file)))

test('a source has a test of its name, unless its kind needs none or its promise is held elsewhere', () => {
  assert.deepEqual(untested.toSorted(), Object.keys(heldElsewhere).toSorted())
})

test('every test that stands for another exists, and every kind is one of sources that there are', () => {
  for (const file of Object.values(heldElsewhere)) assert.ok(existsSync(join(root, 'test', file)), file)
  for (const [kind] of kinds)
    assert.ok(
      sources.some(file => kind.test(file)),
      String(kind),
    )
})
