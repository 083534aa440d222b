import { presentable } from '../http/validation.ts'
import type { Violation } from '../problem.ts'
import { type CallbackUnder, toRedirectUri } from './callback.ts'
import type { BrokenRule } from './rule.ts'
import { findBroken, normalise, type PingAccessUrlRules } from './url.ts'

type DerivedUrl = { pingAccessUrl: string; redirectUri: string }

type DerivationRules = PingAccessUrlRules & { callbackUnder: CallbackUnder }

/**
 * Derives PingAccess's redirect URI from each PingAccess URL, or names every rule that is broken.
 * Host case, the default port and one trailing slash are normalised; whatever else a parser would change is refused.
 * Under the host, PingAccess URLs that differ in their context roots have the same redirect URI.
 */
export const deriveRedirectUris = (
  urls: readonly unknown[],
  rules: DerivationRules,
): { derived: DerivedUrl[]; violations: Violation[] } => {
  const derived: DerivedUrl[] = []
  const violations: Violation[] = []
  const seen = new Map<string, number>()
  urls.forEach((url, index) => {
    // What is not a text of sane length has been refused by the schema already.
    if (typeof url !== 'string' || url === '' || url.length > 2048) return
    const broken = findBroken(url, rules)
    const normalised = broken.length === 0 ? normalise(url) : ''
    // Directories, where PingFederate may keep its clients, take texts that differ in the case of letters for one.
    const comparable = normalised.toLowerCase()
    const first = seen.get(comparable)
    if (broken.length === 0 && first !== undefined) broken.push(duplicate(first))
    if (broken.length > 0) {
      violations.push(...broken.map(each => toViolation(index, url, each)))
      return
    }
    seen.set(comparable, index)
    const redirectUri = toRedirectUri(normalised, rules.callbackUnder, rules.callbackPath)
    derived.push({ pingAccessUrl: normalised, redirectUri })
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
  detail: `Normalised, and but for the case of letters, this is the same as entry ${first}.`,
  fix: 'Send each PingAccess URL once.',
})
