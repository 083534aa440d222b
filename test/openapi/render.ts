import { randomBytes, randomUUIDv7 } from 'node:crypto'
import pino from 'pino'
import { parse, stringify } from 'yaml'
import { toJsonText } from '../../src/api-document/document-text.ts'
import { buildApp, type Dependencies } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

/** The API document as the code describes it, as it is committed under openapi/: JSON and YAML text. */
export const renderOpenApi = async (): Promise<{ json: string; yaml: string }> => {
  const app = await buildApp({
    config: parseConfig(exampleEnvironment),
    log: pino({ level: 'silent' }),
    now: Date.now,
    newId: () => randomUUIDv7(),
    randomBytes,
    metrics: createMetrics(),
    pingAccess: undefined,
    ...neverCalled,
  })
  const { body } = await app.inject('/openapi.json')
  const json = toJsonText(JSON.parse(body), 2)
  await app.close()
  return {
    json: `${json}\n`,
    // Maps keep the order that the text has.
    yaml: stringify(parse(json, { mapAsMap: true }), { aliasDuplicateObjects: false }),
  }
}

/** Describing the API calls nothing but the issuer, which is not known here; whatever did would fail on these. */
const neverCalled = {
  store: {},
  journal: {},
  keys: { metadata: () => undefined, warm: async () => undefined },
  pingFederate: {},
  runtime: {},
  tokenProvider: {},
  replication: {},
  policy: {},
} as Pick<
  Dependencies,
  'store' | 'journal' | 'keys' | 'pingFederate' | 'runtime' | 'tokenProvider' | 'replication' | 'policy'
>

const exampleEnvironment = {
  PINGFEDERATE_ADMIN_URL: 'https://pf-admin.example.com:9999',
  PINGFEDERATE_ADMIN_USERNAME: 'web-session-clients',
  PINGFEDERATE_ADMIN_PASSWORD: 'example',
  JWT_ISSUER: 'https://sso.example.com',
  JWT_AUDIENCE: 'https://clients.iam.example.com',
  SECRET_KEY: Buffer.alloc(32).toString('base64url'),
}
