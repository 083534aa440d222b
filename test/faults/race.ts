export type Answered = { status: number; body: Record<string, unknown> }

/** One of several ways to the service: its replicas. */
export type Redeem = (token: string) => Promise<Answered>

type Delivery = { token: string; answers: Answered[] }

/** Redeems every token `parallel` times at the same moment, over all replicas in turn. */
export const raceRedeems = async (
  replicas: readonly Redeem[],
  tokens: readonly string[],
  parallel: number,
): Promise<Delivery[]> => {
  const deliveries: Delivery[] = []
  for (const token of tokens) {
    const redeems = Array.from({ length: parallel }, (_, index) => replicas[index % replicas.length])
    const answers = await Promise.all(redeems.flatMap(redeem => (redeem ? [redeem(token)] : [])))
    deliveries.push({ token, answers })
  }
  return deliveries
}

/** Tokens whose secret was not handed out exactly once, or whose other answers were not all "gone" in the same words, with what was answered. */
export const findWrongDeliveries = (deliveries: readonly Delivery[]): string[] =>
  deliveries.flatMap(({ token, answers }) => {
    const statuses = answers.map(({ status }) => status)
    const refusals = answers.filter(({ status }) => status === 410).map(withoutInstance)
    const isRight =
      statuses.filter(status => status === 200).length === 1 &&
      statuses.every(status => status === 200 || status === 410) &&
      new Set(refusals).size <= 1
    return isRight ? [] : [`${token.slice(-6)}: ${statuses.toSorted().join(' ')}`]
  })

const withoutInstance = ({ body: { instance, ...others } }: Answered): string => JSON.stringify(others)

/** How many tokens were paid out more than once: what must never be. */
export const countDoubleDeliveries = (deliveries: readonly Delivery[]): number =>
  deliveries.filter(({ answers }) => answers.filter(({ status }) => status === 200).length > 1).length
