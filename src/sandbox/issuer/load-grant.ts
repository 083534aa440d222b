import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { swaggerUiClientId } from '../callers.ts'
import type { Engine } from '../pingfederate/pingfederate.ts'
import { serviceResource } from './callers.ts'

/** Without an approval page, everything that is asked for is granted. */
export async function loadGrant(ctx: KoaContextWithOIDC, engine: Engine) {
  const { provider, client, session, account, result } = ctx.oidc
  if (client === undefined || session === undefined) return undefined
  const stored = engine.findClient(client.clientId)
  const obstacle = stored === undefined ? undefined : engine.findObstacle(stored)
  if (obstacle !== undefined) throw new errors.CustomOIDCProviderError('server_error', obstacle)
  const grantId = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const skipsApproval = client.clientId === swaggerUiClientId || stored?.client.bypassApprovalPage === true
  if (!skipsApproval) return existing
  const grant = existing ?? new provider.Grant({ clientId: client.clientId, accountId: account?.accountId })
  grant.addOIDCScope([...ctx.oidc.requestParamScopes].join(' '))
  if (client.clientId === swaggerUiClientId) {
    grant.addResourceScope(serviceResource, [...ctx.oidc.requestParamScopes].join(' '))
  }
  await grant.save()
  return grant
}
