/** A broken rule of a PingAccess URL: its stable name, what is wrong, what to send instead. */
export type BrokenRule = { rule: string; detail: string; fix: string }

export const when = (isBroken: boolean, rule: string, detail: string, fix: string): BrokenRule[] =>
  isBroken ? [{ rule, detail, fix }] : []
