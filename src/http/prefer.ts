import { Type } from 'typebox'

export const Prefer = Type.String({
  description:
    '`wait=N` (RFC 7240): the answer comes once every engine has the change, or after N seconds with `status` as it stands then. Where runtime nodes are configured, `ready` is held until each of them would have people log in through the client, and is `replicating` where one does not know it. `Preference-Applied` tells how long it would have waited.',
  examples: ['wait=10'],
})

/** What the API document says of the answer. */
export const PreferenceApplied = {
  'Preference-Applied': Type.String({
    description: 'Only where `Prefer` asked for a wait: the longest that was granted.',
    examples: ['wait=10'],
  }),
}

/** Seconds that `Prefer: wait=N` asks for; what cannot be understood is left out of account, as RFC 7240 says. */
export const parseWait = (prefer: string | readonly string[] | undefined): number | undefined => {
  for (const preference of [prefer ?? []].flat().join(',').split(',')) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference) ?? []
    if (seconds !== undefined) return Number(seconds)
  }
  return undefined
}
