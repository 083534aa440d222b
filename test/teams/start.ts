import type { TestContext } from 'node:test'
import { createKey, sign, startIssuer } from '../authentication/issuer.ts'
import { writePolicyFile } from '../policy/files.ts'
import { audience, startTestService } from '../service.ts'

type Options = { policy?: unknown; database?: string | undefined; env?: Record<string, string> }

/** A service under a policy, whose issuer grants whatever claims a caller is to have. */
export const startWithIssuer = async (t: TestContext, { policy, database, env }: Options = {}) => {
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  const service = await startTestService(t, {
    env: {
      JWT_ISSUER: issuer.url,
      ...(policy !== undefined && { POLICY_FILE: writePolicyFile(t, policy).path }),
      ...env,
    },
    ...(database !== undefined && { database }),
  })
  const signAs = (claims: Record<string, unknown>): Promise<string> =>
    sign(key, {
      iss: issuer.url,
      aud: audience,
      sub: 'ana',
      exp: Math.floor(Date.now() / 1000) + 3600,
      ...claims,
    })
  const list = async (claims: Record<string, unknown>, query = '') =>
    service.call('GET', `/teams${query}`, { token: await signAs(claims) })
  return { ...service, signAs, list }
}
