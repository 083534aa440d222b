/** Who calls: taken from a verified access token (RFC 9068), nothing else. */
export type Principal = {
  subject: string
  clientId: string | undefined
  /** Who acts on behalf of the subject, the current one first (RFC 8693 section 4.1); empty when it acts for itself. */
  actingParties: readonly string[]
  teams: readonly string[]
  scopes: ReadonlySet<string>
}

/** Whether the caller has the scope of the IAM team, which opens the clients of every team. */
export const isAdmin = ({ scopes }: Principal): boolean => scopes.has('web-session-clients:admin')

/**
 * Whether the caller has this team's clients and their operations: it is in the team, or an admin. The one answer for
 * every route, each of which asks for a scope of its own beside it. Of secrets it says nothing.
 */
export const mayReach = (principal: Principal, team: string): boolean =>
  principal.teams.includes(team) || isAdmin(principal)

/** Whether it is that scope, and no team of the caller's, which opens this team's clients. */
export const reachesAsAdmin = (principal: Principal, team: string): boolean =>
  isAdmin(principal) && !principal.teams.includes(team)

/** Begins the names under which the service acts for itself; nobody who calls may have one. */
const ownNames = 'web-session-clients:'

export const toOwnName = (task: string): string => ownNames + task

/** Whether a name could be taken for one of those, however its letters are written. */
export const isOwnName = (name: string): boolean => name.normalize('NFKC').toLowerCase().startsWith(ownNames)
