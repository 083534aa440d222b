/**
 * Whether a host name (ASCII, lower case, as a parser gives it) is the rule's, or below it where the rule is written
 * `*.pay.example.com`. That suffix begins with a dot, so that only whole labels match, and never the apex.
 */
export const matchesHost = (rule: string, host: string): boolean =>
  rule.startsWith('*.') ? host.endsWith(rule.slice(1)) && host.length > rule.length - 1 : host === rule

/** Whether a context root (`/` for none) is the rule's, or below it where the rule is written `/shop/*`. */
export const matchesContextRoot = (rule: string, contextRoot: string): boolean => {
  if (!rule.endsWith('/*')) return contextRoot === rule
  const above = rule.slice(0, -1)
  return contextRoot.startsWith(above) && contextRoot.length > above.length
}
