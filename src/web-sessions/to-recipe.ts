import type { RetrievalState } from '../database/vocabulary.ts'
import { toApplications } from '../pingaccess/applications.ts'
import { chooseWebSession, toWebSession, type WebSessionDefaults } from '../pingaccess/web-session.ts'
import type { WebSessionClient } from '../web-session-clients/schema.ts'
import { toAgreement } from './agreement.ts'
import { toChecklist } from './checklist.ts'
import type { LiveAgreement } from './live-agreement-schema.ts'
import type { WebSessionRecipe } from './recipe-schema.ts'

/**
 * What PingAccess needs for a client whose latest hand-out stands there.
 * @param live how it agrees with what PingAccess has; null where no PingAccess is configured
 */
export const toRecipe = (
  client: WebSessionClient,
  retrieval: RetrievalState,
  live: LiveAgreement | null,
  defaults: WebSessionDefaults = {},
): WebSessionRecipe => {
  const { clientId } = client
  const choices = chooseWebSession({ clientId, settings: client }, defaults)
  return {
    clientId,
    webSession: toWebSession(choices),
    secretPointer: '/clientCredentials/clientSecret/value',
    settings: Object.entries(choices).map(([name, { source, reason }]) => ({
      pointer: `/${name}`,
      source,
      reason,
    })),
    applications: toApplications(client),
    agreement: toAgreement({ clientId, settings: client }),
    live,
    checklist: toChecklist(client, retrieval),
  }
}
