import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkHeader, toPrincipal } from '../../src/authentication/access-token.ts'
import { parseConfig } from '../../src/config.ts'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { createKey, sign, startIssuer } from './issuer.ts'
import { audience } from './protected-app.ts'

type Token = { header: Record<string, unknown>; claims: Record<string, unknown> }
type Section = { name: string; env: Record<string, string>; tokens: { token: Token; subject: string }[] }

/** When the tokens of the document are shown. */
const now = 1_795_453_260

const text = readFileSync(new URL('../../docs/issuers.md', import.meta.url), 'utf8')

const toSection = (section: string): Section => {
  const [name = ''] = section.split('\n')
  const [, settings = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? []
  const env = Object.fromEntries(
    settings
      .trim()
      .split('\n')
      .map(line => line.split('=') as [string, string]),
  )
  const blocks = section.matchAll(/the subject is `([^`]+)`:\n\n```json\n([\s\S]*?)```/g)
  const tokens = [...blocks].map(([, subject = '', json = '']) => ({ token: JSON.parse(json), subject }))
  return { name, env, tokens }
}

const sections = text.split(/^## /m).slice(1).map(toSection)

const rulesOf = (env: Record<string, string>) =>
  parseConfig({
    PINGFEDERATE_ADMIN_URL: 'https://pf-admin.example.com:9999',
    PINGFEDERATE_ADMIN_USERNAME: 'x',
    PINGFEDERATE_ADMIN_PASSWORD: 'x',
    SECRET_KEY: Buffer.alloc(32).toString('base64url'),
    ...env,
  }).jwt

const accept = ({ header, claims }: Token, env: Record<string, string>) => {
  const rules = rulesOf(env)
  checkHeader(header, rules)
  const { scopes, ...principal } = toPrincipal(claims, rules, now)
  return { ...principal, scopes: [...scopes].filter(scope => scope !== 'openid').sort() }
}

const clients: Record<string, [service: string, person: string]> = {
  PingFederate: ['payments-pipeline', 'web-session-clients-ui'],
  Keycloak: ['payments-pipeline', 'web-session-clients-ui'],
  'Entra ID': ['c4a8e2b1-77d9-4f0e-b2c3-9e5f6a7d8c90', '9a1b3c5d-2e4f-4061-8273-a4b5c6d7e8f9'],
  Okta: ['0oa1f8xq2Lr6Yt3Zk5d7', '0oa9c7vb5Nm3Qw1Er2t4'],
}
const group = 'e2b5c9a0-6f1d-4b7e-8c3a-5d4f2e1a0b9c'

test('with what docs/issuers.md sets, the token of a service and of a person at each issuer name caller, client, teams and scopes', async t => {
  assert.deepEqual(
    sections.map(({ name }) => name),
    Object.keys(clients),
  )
  for (const { name, env, tokens } of sections) {
    await t.test(name, () => {
      const [service, person] = tokens
      assert.ok(service && person && tokens.length === 2)
      const isEntra = name === 'Entra ID'
      assert.deepEqual(accept(service.token, env), {
        subject: service.subject,
        clientId: clients[name]?.[0],
        actingParties: [],
        teams: isEntra ? [group] : ['payments'],
        scopes: ['web-session-clients:read', 'web-session-clients:write'],
      })
      assert.deepEqual(accept(person.token, env), {
        subject: person.subject,
        clientId: clients[name]?.[1],
        actingParties: [],
        teams: isEntra ? [group] : ['payments', 'shop'],
        scopes: ['secrets:redeem', 'web-session-clients:read'],
      })
    })
  }
})

const sectionOf = (name: string): Section => {
  const section = sections.find(each => each.name === name)
  assert.ok(section)
  return section
}
const [pingFederate, entra, okta] = ['PingFederate', 'Entra ID', 'Okta'].map(sectionOf) as [
  Section,
  Section,
  Section,
]
const [ofService, ofPerson] = entra.tokens.map(({ token }) => token) as [Token, Token]

test('PingFederate’s token for client credentials is refused for its missing sub where client_id is no subject claim', () => {
  const { JWT_SUBJECT_CLAIMS: _claims, ...env } = pingFederate.env
  const [service] = pingFederate.tokens
  assert.throws(() => accept(service?.token as Token, env), /^Error: The token lacks the claim sub\.$/)
})

test('a token of Entra ID’s version 1 works: api:// audience, issuer with a slash at its end, client in appid', () => {
  const issuer = 'https://sts.windows.net/1f6e1c1e-5d0a-4a52-8f9c-3f0d4c1b2a10/'
  const { azp: _azp, ...others } = ofPerson.claims
  const claims = { ...others, iss: issuer, aud: 'api://clients', appid: 'c4a8e2b1', ver: '1.0' }
  const env = { ...entra.env, JWT_ISSUER: issuer, JWT_AUDIENCE: 'api://clients' }
  assert.equal(accept({ ...ofPerson, claims }, env).clientId, 'c4a8e2b1')
})

test('roles of Entra ID grant no scope unless JWT_SCOPE_CLAIMS names them', () => {
  const { JWT_SCOPE_CLAIMS: _claims, ...env } = entra.env
  assert.deepEqual(accept(ofService, env).scopes, [])
})

test('with JWT_SUBJECT_CLAIMS=oid a person of Entra ID is the same at every application, as oid:…', () => {
  const env = { ...entra.env, JWT_SUBJECT_CLAIMS: 'oid' }
  assert.equal(accept(ofPerson, env).subject, 'oid:d0c1b2a3-9485-4766-a5b4-c3d2e1f00918')
})

test('a realm role of Keycloak inside realm_access is no team', () => {
  const { env, tokens } = sectionOf('Keycloak')
  const [service] = tokens
  assert.ok(service)
  assert.deepEqual(accept(service.token, { ...env, JWT_TEAMS_CLAIM: 'realm_access' }).teams, [])
})

test('a token of Okta’s own server, whose audience is Okta, is refused', () => {
  const [, person] = okta.tokens
  assert.ok(person)
  const claims = { ...person.token.claims, aud: 'https://example.okta.com' }
  assert.throws(() => accept({ ...person.token, claims }, okta.env), /aud claim does not name this service/)
})

test('201 for a client that PingFederate’s own client-credentials token creates, as created by client_id:…', async t => {
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  const env = { JWT_ISSUER: issuer.url, JWT_SUBJECT_CLAIMS: 'sub,client_id' }
  const { call, logLines } = await startTestService(t, { env })
  const [service] = pingFederate.tokens
  const exp = Math.floor(Date.now() / 1000) + 300
  const claims = { ...service?.token.claims, iss: issuer.url, aud: audience, exp }
  const token = await sign(key, claims, { typ: undefined })
  const { status, body } = await call('POST', '/web-session-clients', { body: smallest, token })
  assert.equal(status, 201)
  assert.equal(body.createdBy, 'client_id:payments-pipeline')
  assert.ok(logLines.some(line => JSON.parse(line).subject === 'client_id:payments-pipeline'))
})
