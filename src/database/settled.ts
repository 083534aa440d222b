/**
 * What became of one of several promises that were waited for together.
 * @throws what it was rejected with
 */
export const resultOf = <Value>(settled: PromiseSettledResult<Value>): Value => {
  if (settled.status === 'rejected') throw settled.reason
  return settled.value
}
