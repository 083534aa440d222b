import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forInstallation, forSwaggerUi } from '../../src/api-document/openapi.ts'
import { readDocument } from '../openapi/document.ts'

const document = await readDocument()
const issuer = {
  authorizationEndpoint: 'https://sso.test/authorize',
  tokenEndpoint: 'https://sso.test/token',
  jwksUrl: 'https://sso.test/jwks',
}

type Described = {
  servers: { url: string }[]
  components: {
    securitySchemes: { oauth2?: { flows: Record<string, Record<string, unknown>> }; bearer: object }
  }
}

const describe = (publicUrl: string | undefined, metadata: Partial<typeof issuer> | undefined) =>
  forInstallation(document, publicUrl, metadata as typeof issuer | undefined) as Described

const show = (described: Described, canSignIn: boolean) =>
  forSwaggerUi(described, { canSignIn, scopePrefix: '' }) as Described

const flowsOf = ({ components }: Described) => components.securitySchemes.oauth2?.flows

test('the document has the sign-ins that the issuer has, at the issuer’s addresses', () => {
  const flows = flowsOf(describe(undefined, issuer))
  assert.equal(flows?.['authorizationCode']?.['authorizationUrl'], issuer.authorizationEndpoint)
  assert.equal(flows['clientCredentials']?.['tokenUrl'], issuer.tokenEndpoint)
  const { authorizationEndpoint, ...withoutPages } = issuer
  assert.deepEqual(Object.keys(flowsOf(describe(undefined, withoutPages)) ?? {}), ['clientCredentials'])
})

test('the page offers the sign-in that works in it, and without a client of its own only to paste a token', () => {
  const described = describe(undefined, issuer)
  assert.deepEqual(Object.keys(flowsOf(show(described, true)) ?? {}), ['authorizationCode'])
  for (const each of [
    show(described, false),
    show(describe(undefined, { ...issuer, authorizationEndpoint: undefined as never }), true),
  ])
    assert.deepEqual(Object.keys(each.components.securitySchemes), ['bearer'])
})

test('the document names the public address, and the page the path of it, wherever it came from', () => {
  const described = describe('https://clients.example.com/iam', issuer)
  assert.deepEqual(
    described.servers.map(({ url }) => url),
    ['https://clients.example.com/iam'],
  )
  assert.deepEqual(
    show(described, true).servers.map(({ url }) => url),
    ['/iam'],
  )
  assert.deepEqual(
    show(describe(undefined, issuer), true).servers.map(({ url }) => url),
    ['/'],
  )
})

test('no example of an optional parameter filters what a person lists in the page; those that are needed stay', () => {
  const { paths } = forSwaggerUi(document, { canSignIn: true, scopePrefix: '' }) as { paths: typeof document }
  const { parameters } = paths['/web-session-clients'].get
  assert.ok(parameters.length > 0)
  assert.ok(parameters.every((parameter: object) => !('example' in parameter)))
  const [clientId] = paths['/web-session-clients/{clientId}'].get.parameters
  assert.deepEqual([clientId.required, typeof clientId.example], [true, 'string'])
})
