import { presentable, toPointer } from '../http/validation.ts'
import { checkHost } from '../ping-access-urls/host.ts'
import type { BrokenRule } from '../ping-access-urls/rule.ts'
import { findBroken } from '../ping-access-urls/url.ts'
import type { PolicyProblem } from './policy-problem.ts'

type Names = Record<string, unknown>

/** Rules of a right form that no request could ever keep: an operator who writes one means something else. */
export const findMeaningless = (file: unknown): PolicyProblem[] =>
  entriesOf(file).flatMap(([path, rules]) => [
    ...textsOf(rules['hosts']).flatMap(([index, host]) =>
      checkRule([...path, 'hosts', index], host, checkHostRule(host)),
    ),
    ...textsOf(rules['contextRoots']).flatMap(([index, root]) =>
      checkRule([...path, 'contextRoots', index], root, checkContextRoot(root)),
    ),
    ...checkTtl([...path, 'retrieval', 'ttlSeconds'], namesOf(namesOf(rules['retrieval'])['ttlSeconds'])),
  ])

const namesOf = (value: unknown): Names =>
  typeof value === 'object' && value !== null ? (value as Names) : {}

const entriesOf = (file: unknown): [path: string[], rules: Names][] => {
  const { defaults, teams } = namesOf(file)
  return [
    [['defaults'], namesOf(defaults)],
    ...Object.entries(namesOf(teams)).map(([team, rules]): [string[], Names] => [
      ['teams', team],
      namesOf(rules),
    ]),
  ]
}

const textsOf = (list: unknown): [index: number, text: string][] =>
  Array.isArray(list)
    ? list.flatMap((text, index): [number, string][] => (typeof text === 'string' ? [[index, text]] : []))
    : []

const checkRule = (path: (string | number)[], value: string, broken: BrokenRule[]): PolicyProblem[] =>
  broken.map(each => ({ pointer: toPointer(path), value: presentable(value), ...each }))

/** There is nothing below an IP address. */
const checkHostRule = (host: string): BrokenRule[] =>
  checkHost(host.replace(/^\*\./, ''), {
    requireFullyQualifiedHosts: false,
    allowIpHosts: !host.startsWith('*.'),
  })

/** These rules depend on the callback path, which is another installation's affair. */
const ofCallbackPath = ['reserved_path', 'redirect_uri_length']

/** As in a PingAccess URL, with the callback path that nearly every installation has. */
const checkContextRoot = (root: string): BrokenRule[] =>
  findBroken(`https://host${root.replace(/\/\*$/, '')}`, {
    requireFullyQualifiedHosts: false,
    allowIpHosts: false,
    callbackPath: '/pa/oidc/cb',
  }).filter(({ rule }) => !ofCallbackPath.includes(rule))

const checkTtl = (path: string[], { minimum, maximum }: Names): PolicyProblem[] =>
  typeof minimum === 'number' && typeof maximum === 'number' && minimum > maximum
    ? [
        {
          pointer: toPointer(path),
          rule: 'retrieval_ttl_bounds',
          value: minimum,
          detail: 'The minimum is above the maximum.',
          fix: `Write a maximum of at least ${minimum}.`,
        },
      ]
    : []
