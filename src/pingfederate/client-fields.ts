import { findSource } from '../ping-access-urls/callback.ts'
import type { ClientSettings, NewClient } from './client-settings.ts'
import { isAtLeast } from './is-at-least.ts'
import { findValue, type Json, parseReference, toTexts, withValue } from './json.ts'
import { addMarker, stripMarker } from './marker.ts'

/**
 * The settings that a client in PingFederate has. PingAccess URLs and where the callback is are not among them, because
 * it has the redirect URIs derived from them, nor which of those are no callbacks, and neither is `refreshTokens`, which the grant types tell.
 */
type ManagedSettings = Pick<NewClient, 'name'> &
  Omit<ClientSettings, 'pingAccessUrls' | 'callbackUnder' | 'otherRedirectUris' | 'refreshTokens'>

/** The same as found: PingFederate has more grant types and kinds of logout than can be set here, so these are any text. */
export type FoundSettings = Omit<ManagedSettings, 'grantTypes' | 'logout'> & {
  grantTypes: string[]
  logout: string
}

/** What besides its value decides how a field is read. */
type Read = Pick<NewClient, 'team'>
/** The same for writing; the version is PingFederate's. */
type Written = Read & { operationId: string; version: readonly number[] }

/** One managed field; its key in the table is our name. */
type Field<Ours, Found> = {
  /** Paths in PingFederate's client, as its validation errors spell them. */
  theirs: readonly string[]
  /** Their values, in the same order. One that is undefined is not sent, because a field that is not sent has PingFederate's default. */
  to: (value: Ours, written: Written) => readonly unknown[]
  /** From their values, in the same order. A field that PingFederate does not answer has its default. */
  from: (values: readonly unknown[], read: Read) => Found
  /** JSON pointer into the body of a create; undefined where a caller cannot set the field. */
  pointer: string | undefined
  /** Which item of the list at `pointer` an item of PingFederate's list comes from, so that an error names the caller's. */
  findItem?: (settings: ClientSettings, index: number) => number | undefined
}

/**
 * The managed fields, in the order in which they are sent. Always sent are the manual's; the others only where they
 * were asked for, because newer fields come and go between versions 11.3 and 13.1.
 */
const fields: {
  readonly [Name in keyof ManagedSettings]: Field<ManagedSettings[Name], FoundSettings[Name]>
} = {
  name: {
    theirs: ['name'],
    to: name => [name],
    from: ([name]) => toText(name),
    pointer: '/name',
  },
  description: {
    theirs: ['description'],
    to: (description, { team, operationId }) => [addMarker(description ?? describe(team), operationId)],
    from: ([description], { team }) => {
      const text = stripMarker(toText(description))
      return text === '' || text === describe(team) ? null : text
    },
    pointer: '/description',
  },
  enabled: {
    theirs: ['enabled'],
    to: isEnabled => [isEnabled ? undefined : false],
    from: ([isEnabled]) => isEnabled !== false,
    pointer: '/enabled',
  },
  redirectUris: {
    theirs: ['redirectUris'],
    to: redirectUris => [redirectUris],
    from: ([redirectUris]) => toTexts(redirectUris),
    pointer: '/pingAccessUrls',
    findItem: findSource,
  },
  bypassAuthorizationApproval: {
    theirs: ['bypassApprovalPage'],
    to: isBypassed => [isBypassed],
    from: ([isBypassed]) => isBypassed === true,
    pointer: undefined,
  },
  grantTypes: {
    theirs: ['grantTypes'],
    to: grantTypes => [grantTypes.map(grantType => grantType.toUpperCase())],
    from: ([grantTypes]) => toTexts(grantTypes).map(grantType => grantType.toLowerCase()),
    pointer: '/refreshTokens',
  },
  scopes: {
    theirs: ['restrictScopes', 'restrictedScopes'],
    to: scopes => (scopes ? [true, scopes] : []),
    from: ([isRestricted, scopes]) => (isRestricted === true ? toTexts(scopes) : null),
    // Not the single item: the scope that every web session needs may have been put before those of the caller.
    pointer: '/scopes',
  },
  requirePkce: {
    theirs: ['requireProofKeyForCodeExchange'],
    to: isRequired => [isRequired || undefined],
    from: ([isRequired]) => isRequired === true,
    pointer: '/requirePkce',
  },
  accessTokenManager: {
    theirs: ['defaultAccessTokenManagerRef'],
    to: id => [toReference(id)],
    from: ([reference]) => parseReference(reference),
    pointer: '/accessTokenManager',
  },
  oidcPolicy: {
    theirs: ['oidcPolicy.policyGroup'],
    to: id => [toReference(id)],
    from: ([reference]) => parseReference(reference),
    pointer: '/oidcPolicy',
  },
  logout: {
    theirs: ['oidcPolicy.pingAccessLogoutCapable', 'oidcPolicy.logoutMode'],
    to: (logout, { version }) =>
      logout === 'none' ? [] : [true, isAtLeast(version, logoutModeSince) ? pingAccessLogoutMode : undefined],
    from: ([isCapable, mode]) => toLogout(isCapable === true, toText(mode)),
    pointer: '/logout',
  },
}

const toText = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The description of a client whose caller gave none. */
export const describe = (team: string): string => `Web session client of ${team}`

/** Without anything else that a link can have: PingFederate refuses a `location`, which is its own. */
const toReference = (id: string | null) => (id ? { id } : undefined)

const pingAccessLogoutMode = 'PING_FRONT_CHANNEL'

/** `logoutMode` replaced `pingAccessLogoutCapable` in this version; both are sent where both exist. */
const logoutModeSince = [11, 3] as const

/** The mode decides where there is one, because it is the newer of the two. */
const toLogout = (isCapable: boolean, mode: string): string => {
  if (mode === pingAccessLogoutMode || (mode === '' && isCapable)) return 'pingaccess'
  return mode === '' ? 'none' : mode.toLowerCase()
}

const names = Object.keys(fields) as (keyof ManagedSettings)[]

/** PingFederate's client with all managed fields as they are set here; everything else in it stays as it is. */
export const withSettings = (
  body: Json,
  client: NewClient,
  { operationId, version }: Omit<Written, 'team'>,
): Json => {
  const managed = toManaged(client)
  const { team } = client
  return names.reduce(
    (written, each) => writeField(written, each, managed, { team, operationId, version }),
    body,
  )
}

/** Of a client the settings that a client in PingFederate has. */
export const toManaged = ({ name, settings }: Pick<NewClient, 'name' | 'settings'>): ManagedSettings => {
  const all: ManagedSettings = { name, ...settings }
  return Object.fromEntries(names.map(each => [each, all[each]])) as ManagedSettings
}

const writeField = <Name extends keyof ManagedSettings>(
  body: Json,
  name: Name,
  managed: Pick<ManagedSettings, Name>,
  written: Written,
): Json => {
  const { theirs, to, from } = fields[name]
  const values = to(managed[name], written)
  const isDefault = values.every(value => value === undefined)
  // A default that PingFederate spells out, be it `{}` for no policy, stays as PingFederate has it.
  if (isDefault && from(findValues(body, theirs), written) === from([], written)) return body
  return theirs.reduce((client, path, index) => withValue(client, path, values[index]), body)
}

/** The managed fields of PingFederate's client in our words; what there is no word for here is PingFederate's, in small letters. */
export const toSettings = (body: Json, read: Read): FoundSettings =>
  Object.fromEntries(
    names.map(name => [name, fields[name].from(findValues(body, fields[name].theirs), read)]),
  ) as FoundSettings

const findValues = (body: Json, paths: readonly string[]): unknown[] =>
  paths.map(path => findValue(body, path))

type Pointed = Pick<Field<never, unknown>, 'pointer' | 'findItem'>

/** A map, because a field path named like a member of every object is looked up too. */
const pointed = new Map<string, Pointed>([
  ...names.flatMap(name => fields[name].theirs.map((path): [string, Pointed] => [path, fields[name]])),
  // Not managed, but PingFederate may find fault with them because of what the caller sent.
  ['clientId', { pointer: '/clientId' }],
  ['oidcPolicy', { pointer: '/oidcPolicy' }],
  ['oidcPolicy.logoutUris', { pointer: '/logout' }],
])

/**
 * The field of a create request behind a field of PingFederate's client, as JSON Pointer; undefined where it is none of the
 * caller's. Without the settings that were sent it is the whole of a list.
 */
export const toRequestPointer = (
  fieldPath: string | undefined,
  settings?: ClientSettings,
): string | undefined => {
  const [first = '', second = ''] = (fieldPath ?? '').split(/[.[\]]+/)
  const { pointer, findItem } = pointed.get(`${first}.${second}`) ?? pointed.get(first) ?? {}
  const item = settings && /^\d+$/.test(second) ? findItem?.(settings, Number(second)) : undefined
  return item === undefined ? pointer : `${pointer}/${item}`
}
