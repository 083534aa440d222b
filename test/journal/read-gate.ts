import type { KyselyPlugin } from 'kysely'

/** Keeps from whoever asks the result of the first read after `arm`, until `resume`; a plugin of Kysely. */
export const createReadGate = () => {
  let isArmed = false
  const [read, resumed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const reads = new WeakSet<object>()
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      if (isArmed && node.kind === 'SelectQueryNode') {
        isArmed = false
        reads.add(queryId)
      }
      return node
    },
    transformResult: async ({ result, queryId }) => {
      if (reads.has(queryId)) {
        read.resolve()
        await resumed.promise
      }
      return result
    },
  }
  const arm = () => {
    isArmed = true
  }
  return { plugin, arm, read: read.promise, resume: resumed.resolve }
}
