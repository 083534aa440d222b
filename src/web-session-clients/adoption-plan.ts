import { clientIdPattern } from '../client-id.ts'
import { findCallbackBases } from '../ping-access-urls/callback.ts'
import { deriveRedirectUris } from '../ping-access-urls/redirect-uris.ts'
import { toManaged, toSettings } from '../pingfederate/client-fields.ts'
import type { ClientSettings, NewClient } from '../pingfederate/client-settings.ts'
import { findDifferences } from '../pingfederate/differences.ts'
import { findValue } from '../pingfederate/json.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import type { Difference } from '../problem.ts'
import type { Adoption, adoptionRefusals } from './adoption-schema.ts'
import { pingAccessDefaults } from './defaults.ts'
import type { CreateRules } from './plan.ts'
import { findUnfitFields } from './unfit-fields.ts'

type Refused = { reason: (typeof adoptionRefusals)[number]; detail: string; differences?: Difference[] }
type Adoptable = { client: NewClient; differences: Difference[] }

type Given = { team: string; config: CreateRules; isNamed: boolean }

/** What adopting a client of PingFederate would record, or why it cannot be. @param isNamed whether it was sent by its id */
export const planAdoption = (found: ClientInPingFederate, given: Given): Refused | Adoptable => {
  const refused = refuse(found, given.isNamed)
  if (refused) return refused
  const client = toAdopted(found, given)
  if (client.settings.pingAccessUrls.length === 0) return noCallback
  const left = [
    ...findDifferences(found, { ...client, operationId: findMaker(found) }),
    ...findInexpressible(client),
  ]
  return left.length > 0 ? { ...inexpressible, differences: left } : { client, differences: compare(client) }
}

const refuse = (found: ClientInPingFederate, isNamed: boolean): Refused | undefined => {
  const body = found.raw.reveal()
  if (!new RegExp(clientIdPattern).test(found.clientId)) return idForm
  if (findValue(body, 'clientAuth.type') !== 'SECRET') return withoutSecret
  const { grantTypes } = toSettings(body, { team: '' })
  const foreign = grantTypes.filter(type => !webSessionGrants.includes(type))
  if (foreign.length > 0 || !grantTypes.includes('authorization_code')) return otherGrants(foreign)
  return !isNamed && findMaker(found) !== undefined ? marked : undefined
}

const webSessionGrants = ['authorization_code', 'refresh_token']

const toAdopted = (found: ClientInPingFederate, { team, config }: Given): NewClient => {
  const { name, grantTypes, redirectUris, logout, ...settings } = toSettings(found.raw.reveal(), { team })
  return {
    ...{ clientId: found.clientId, name, team },
    settings: {
      ...settings,
      ...toUrls(redirectUris, config),
      logout: logout === 'pingaccess' ? 'pingaccess' : 'none',
      grantTypes: grantTypes as ClientSettings['grantTypes'],
      refreshTokens: grantTypes.includes('refresh_token'),
    },
  }
}

type Urls = Pick<ClientSettings, 'pingAccessUrls' | 'callbackUnder' | 'redirectUris' | 'otherRedirectUris'>

/** Callbacks below a context root tell that PingAccess answers there; what is no callback stays as it is. */
const toUrls = (redirectUris: string[], { pingAccess }: CreateRules): Urls => {
  const bases = findCallbackBases(redirectUris, pingAccess.callbackPath)
  const callbackUnder = bases.some(base => /^https:\/\/[^/]+\/./.test(base)) ? 'contextRoot' : 'host'
  const derived = bases.flatMap(base => deriveRedirectUris([base], { ...pingAccess, callbackUnder }).derived)
  const callbacks = derived.filter(({ redirectUri }) => redirectUris.includes(redirectUri))
  const known = new Set(callbacks.map(({ redirectUri }) => redirectUri))
  return {
    ...{ callbackUnder, redirectUris },
    pingAccessUrls: callbacks.map(({ pingAccessUrl }) => pingAccessUrl),
    otherRedirectUris: redirectUris.filter(uri => !known.has(uri)),
  }
}

/** What could not be set by a change, such as a name of several lines. */
const findInexpressible = ({ name, settings }: NewClient): Difference[] => {
  const { description, scopes, oidcPolicy, accessTokenManager } = settings
  const asked = { name, description, scopes, oidcPolicy, accessTokenManager }
  return [...findUnfitFields(asked)].map(each => ({
    ...{ pointer: `/${each}`, expected: null },
    actual: asked[each as keyof typeof asked],
  }))
}

/** What is not as a create of two fields would have made it. */
const compare = ({ name, settings }: NewClient): Difference[] => {
  const { redirectUris, name: _, ...managed } = toManaged({ name, settings })
  const { callbackUnder, otherRedirectUris } = settings
  return Object.entries({ ...managed, callbackUnder, otherRedirectUris })
    .map(([each, actual]) => ({
      ...{ pointer: `/${each}`, actual },
      expected: pingAccessDefaults[each as keyof ClientSettings],
    }))
    .filter(({ expected, actual }) => JSON.stringify(expected) !== JSON.stringify(actual))
}

/** For whoever asks for it: what becomes of a client that is not adopted. */
export const toRefused = (clientId: string, { reason, detail, differences = [] }: Refused): Adoption => ({
  ...{ clientId, outcome: 'refused', reason, detail, client: null, differences },
})

export const notFound: Refused = { reason: 'not_found', detail: 'PingFederate has no client of this id.' }

export const taken: Refused = {
  reason: 'client_id_taken',
  detail: 'This service has a client of this id already, in whatever case of letters.',
}

const idForm: Refused = {
  reason: 'client_id_form',
  detail:
    'Ids here have 1 to 64 letters, digits, dots, hyphens and underscores, and begin with none of the first two.',
}

const withoutSecret: Refused = {
  reason: 'client_authentication',
  detail: 'It does not log in with a client secret, and that is all that is handed out here.',
}

const otherGrants = (foreign: readonly string[]): Refused => ({
  reason: 'grant_types',
  detail:
    foreign.length > 0
      ? `No web session has the grant types ${foreign.join(', ')}: it is used for something else, too.`
      : 'A web session needs the grant type authorization_code.',
})

const noCallback: Refused = {
  reason: 'no_callback',
  detail: 'None of its redirect URIs ends with PINGACCESS_CALLBACK_PATH, so it is not that of a web session.',
}

const marked: Refused = {
  reason: 'marked',
  detail:
    'A change of this service or of another installation has left its marker. Send it by its id to adopt it all the same.',
}

const inexpressible: Refused = {
  reason: 'not_expressible',
  detail:
    'It has what cannot be said in the fields of a web session client. Change that in PingFederate first.',
}
