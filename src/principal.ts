/** Who calls: taken from a verified access token (RFC 9068), nothing else. */
export type Principal = {
  subject: string
  clientId: string | undefined
  /** Who acts on behalf of the subject, the current one first (RFC 8693 section 4.1); empty when it acts for itself. */
  actingParties: readonly string[]
  teams: readonly string[]
  scopes: ReadonlySet<string>
}
