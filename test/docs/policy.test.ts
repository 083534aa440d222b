import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { DecisionKind } from '../../src/policy/decide.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { PolicyFile, TeamRules } from '../../src/policy/schema.ts'
import { example } from '../policy/files.ts'

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const document = read('policy.md')
const [documented = ''] = [...document.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => text)

test('the example of docs/policy.md is a policy, and uses every field there is', () => {
  const { problems } = parsePolicy(Buffer.from(documented))
  assert.equal(problems, undefined)
  const { defaults, ...file } = JSON.parse(documented)
  assert.deepEqual(Object.keys({ ...file, defaults }).sort(), Object.keys(PolicyFile.properties).sort())
  assert.deepEqual(Object.keys(defaults).sort(), Object.keys(TeamRules.properties).sort())
})

test('the published JSON Schema accepts what the service accepts and refuses what breaks it, in another validator', () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(read('policy.schema.json')))
  for (const file of [JSON.parse(documented), example])
    assert.ok(validate(file), JSON.stringify(validate.errors))
  for (const file of [
    {},
    { ...example, portz: [] },
    { ...example, defaults: { hosts: ['*'] } },
    { ...example, defaults: { hosts: 'all' } },
    { ...example, teams: { payments: { ports: ['443'] } } },
    { ...example, teams: { payments: { contextRoots: ['shop'] } } },
    { ...example, teams: { payments: { limits: { clients: -1 } } } },
  ]) {
    assert.equal(validate(file), false, JSON.stringify(file))
    assert.ok(parsePolicy(Buffer.from(JSON.stringify(file))).problems)
  }
})

const kinds: Record<DecisionKind, true> = {
  allowed_hosts: true,
  allowed_ports: true,
  allowed_context_roots: true,
  allowed_scopes: true,
  allowed_oidc_policies: true,
  allowed_access_token_managers: true,
  allowed_redeemers: true,
  retrieval_ttl_bounds: true,
  clients_per_team: true,
}

test('docs/policy.md names every rule that a refusal can name', () => {
  for (const kind of Object.keys(kinds)) assert.ok(document.includes(`\`${kind}\``), kind)
})
