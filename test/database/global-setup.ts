import { sharePrograms } from './postgres-programs.ts'
import { sharePostgresServer } from './postgres-server.ts'

// For `--test-global-setup`: what the processes of one run share.

const removals: (() => Promise<void>)[] = []

export const globalSetup = async (): Promise<void> => {
  removals.unshift(await sharePrograms())
  try {
    removals.unshift(await sharePostgresServer())
  } catch (error) {
    // No teardown follows a setup that has failed.
    await globalTeardown()
    throw error
  }
}

export const globalTeardown = async (): Promise<void> => {
  for (const remove of removals) await remove()
}
