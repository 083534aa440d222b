import { type RedeemableBy, redeemers } from '../database/vocabulary.ts'
import { toPointer } from '../http/validation.ts'
import type { PolicyFile, TeamRules } from './schema.ts'

/** What the policy says about one thing, and where: a JSON Pointer into the policy file, null without a file. */
export type Ruled<T> = Readonly<{ value: T; rule: string | null }>

export type Allowed<T> = 'any' | readonly T[]

/** What one team is allowed, complete: what nothing in the file allows is an empty list. */
export type TeamPolicy = Readonly<{
  hosts: Ruled<Allowed<string>>
  ports: Ruled<Allowed<number>>
  contextRoots: Ruled<Allowed<string>>
  scopes: Ruled<Allowed<string>>
  oidcPolicies: Ruled<Allowed<string>>
  accessTokenManagers: Ruled<Allowed<string>>
  redeemableBy: Ruled<readonly RedeemableBy[]>
  /** In seconds; undefined where only the configuration sets bounds. */
  ttlSeconds: Ruled<Readonly<{ minimum: number; maximum: number }>> | undefined
  /** Clients the team may have; undefined without a limit. */
  clients: Ruled<number> | undefined
  requestsPerMinute: Ruled<number> | undefined
  /** Days after which a secret is due for a new one; undefined where none ever is. */
  secretMaxAgeDays: Ruled<number> | undefined
}>

export type Policy = Readonly<{
  /** Who may change it, in the file's words; null without a file. */
  changeableBy: string | null
  defaults: TeamPolicy
  teams: ReadonlyMap<string, TeamPolicy>
}>

const any = Object.freeze({ value: 'any', rule: null } as const)

/** Without a policy file: every team, everything that validation and configuration permit. */
export const openPolicy: Policy = Object.freeze({
  changeableBy: null,
  defaults: Object.freeze({
    hosts: any,
    ports: any,
    contextRoots: any,
    scopes: any,
    oidcPolicies: any,
    accessTokenManagers: any,
    redeemableBy: Object.freeze({ value: redeemers, rule: null }),
    ttlSeconds: undefined,
    clients: undefined,
    requestsPerMinute: undefined,
    secretMaxAgeDays: undefined,
  }),
  teams: Object.freeze(new Map()),
})

/** What a team is allowed: its own entry, or the defaults for a team that is not named. */
export const getTeamPolicy = (policy: Policy, team: string): TeamPolicy =>
  policy.teams.get(team) ?? policy.defaults

/** Requests per minute of a whole team; undefined without a limit. */
export const requestsPerMinute = (policy: Policy, team: string): Ruled<number> | undefined =>
  getTeamPolicy(policy, team).requestsPerMinute

/** The file's entries, each completed by the defaults. Entries are looked up in a map, so that no name of a team means anything else. */
export const toPolicy = ({ changeableBy, defaults = {}, teams = {} }: PolicyFile): Policy => ({
  changeableBy,
  defaults: toTeamPolicy([[['defaults'], defaults]]),
  teams: new Map(
    Object.entries(teams).map(([team, rules]) => [
      team,
      toTeamPolicy([
        [['teams', team], rules],
        [['defaults'], defaults],
      ]),
    ]),
  ),
})

/** An entry of the file and the path to it. */
type Entry = readonly [path: readonly string[], rules: TeamRules]

const toTeamPolicy = (entries: readonly Entry[]): TeamPolicy => {
  /** From the first entry that says something. */
  const find = <T>(
    path: readonly string[],
    read: (rules: TeamRules) => T | undefined,
  ): Ruled<T> | undefined => {
    for (const [where, rules] of entries) {
      const value = read(rules)
      if (value !== undefined) return { value, rule: toPointer([...where, ...path]) }
    }
    return undefined
  }
  /** What nothing allows is refused by the place where the defaults would have to allow it. */
  const list = <T>(path: readonly string[], read: (rules: TeamRules) => T | undefined) =>
    find(path, read) ?? { value: [], rule: toPointer(['defaults', ...path]) }
  return Object.freeze({
    hosts: list(['hosts'], ({ hosts }) => hosts),
    ports: list(['ports'], ({ ports }) => ports),
    contextRoots: list(['contextRoots'], ({ contextRoots }) => contextRoots),
    scopes: list(['scopes'], ({ scopes }) => scopes),
    oidcPolicies: list(['oidcPolicies'], ({ oidcPolicies }) => oidcPolicies),
    accessTokenManagers: list(['accessTokenManagers'], ({ accessTokenManagers }) => accessTokenManagers),
    redeemableBy: list(['retrieval', 'redeemableBy'], ({ retrieval }) => retrieval?.redeemableBy),
    ttlSeconds: find(['retrieval', 'ttlSeconds'], ({ retrieval }) => retrieval?.ttlSeconds),
    clients: find(['limits', 'clients'], ({ limits }) => limits?.clients),
    requestsPerMinute: find(['limits', 'requestsPerMinute'], ({ limits }) => limits?.requestsPerMinute),
    secretMaxAgeDays: find(['secretMaxAgeDays'], rules => rules.secretMaxAgeDays),
  })
}
