import { getTeamPolicy, type Policy } from './team-policy.ts'

const dayMs = 86_400_000

/** When a secret of that age is due for a new one; null where the policy of its team sets no age. Nothing is refused for it. */
export const findSecretDue = (
  policy: Policy,
  { team, secretChangedAt }: { team: string; secretChangedAt: string },
): string | null => {
  const { secretMaxAgeDays } = getTeamPolicy(policy, team)
  if (!secretMaxAgeDays) return null
  return new Date(Date.parse(secretChangedAt) + secretMaxAgeDays.value * dayMs).toISOString()
}
