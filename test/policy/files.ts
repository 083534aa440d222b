import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { parsePolicy } from '../../src/policy/parse.ts'
import type { Policy } from '../../src/policy/team-policy.ts'

/** A policy that says everything once, for a team and for those not named. */
export const example = {
  changeableBy: 'IAM team, iam@example.com',
  defaults: {
    hosts: [],
    ports: [443],
    contextRoots: 'any',
    scopes: ['profile'],
    oidcPolicies: [],
    accessTokenManagers: [],
    limits: { requestsPerMinute: 60 },
    retrieval: { ttlSeconds: { minimum: 60, maximum: 3600 }, redeemableBy: ['team', 'requester'] },
  },
  teams: {
    payments: {
      hosts: ['mypingaccessserver', 'pay.example.com', '*.pay.example.com'],
      ports: [443, 3000, 8443],
      contextRoots: ['/', '/shop', '/apps/*'],
      scopes: ['profile', 'email'],
      oidcPolicies: ['default', 'strict'],
      accessTokenManagers: ['jwt'],
      limits: { clients: 5 },
      retrieval: { redeemableBy: ['requester'] },
    },
  },
}

export const toPolicyOf = (file: unknown): Policy => {
  const { policy, problems } = parsePolicy(Buffer.from(JSON.stringify(file)))
  if (!policy) throw new Error(JSON.stringify(problems))
  return policy
}

/** Every team may ask for everything, but for what is said. */
export const openBut = (rules: object): Policy =>
  toPolicyOf({
    changeableBy: 'IAM team',
    defaults: {
      hosts: 'any',
      ports: 'any',
      contextRoots: 'any',
      scopes: 'any',
      oidcPolicies: 'any',
      accessTokenManagers: 'any',
      retrieval: { redeemableBy: ['team', 'requester', 'bearer'] },
      ...rules,
    },
  })

/** A policy file of its own, gone when the test ends; a text is written as it is. */
export const writePolicyFile = (t: TestContext, file: unknown) => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'policy.json')
  const write = (content: unknown): void =>
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  write(file)
  return { path, write }
}
