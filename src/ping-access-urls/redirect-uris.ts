import { presentable } from '../http/validation.ts'
import type { Violation } from '../problem.ts'
import type { BrokenRule } from './rule.ts'
import { findBroken, normalise, type PingAccessUrlRules } from './url.ts'

type DerivedUrl = { pingAccessUrl: string; redirectUri: string }

/**
 * Derives PingAccess's redirect URI from each PingAccess URL, or names every rule that is broken.
 * Host case, the default port and one trailing slash are normalised; whatever else a parser would change is refused.
 */
export const deriveRedirectUris = (
  urls: readonly unknown[],
  rules: PingAccessUrlRules,
): { derived: DerivedUrl[]; violations: Violation[] } => {
  const derived: DerivedUrl[] = []
  const violations: Violation[] = []
  const seen = new Map<string, number>()
  urls.forEach((url, index) => {
    // What is not a text of sane length has been refused by the schema already.
    if (typeof url !== 'string' || url === '' || url.length > 2048) return
    const broken = findBroken(url, rules)
    const normalised = broken.length === 0 ? normalise(url) : ''
    const first = seen.get(normalised)
    if (broken.length === 0 && first !== undefined) broken.push(duplicate(first))
    if (broken.length > 0) {
      violations.push(...broken.map(each => toViolation(index, url, each)))
      return
    }
    seen.set(normalised, index)
    derived.push({ pingAccessUrl: normalised, redirectUri: normalised + rules.callbackPath })
  })
  return { derived, violations }
}

const toViolation = (index: number, url: string, { rule, detail, fix }: BrokenRule): Violation => {
  const value = presentable(url)
  return {
    in: 'body',
    pointer: `/pingAccessUrls/${index}`,
    rule,
    ...(value !== undefined && { value }),
    detail,
    // A fix repeats the value too, and what may not be shown there may not be shown here.
    fix: value === undefined ? 'Send https://host, https://host:port or https://host:port/contextRoot.' : fix,
  }
}

const duplicate = (first: number): BrokenRule => ({
  rule: 'unique',
  detail: `Normalised, this is the same as entry ${first}.`,
  fix: 'Send each PingAccess URL once.',
})
