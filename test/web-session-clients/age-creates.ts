import { execute } from '../database/execute.ts'

/** Lets every create be so long ago that none of its requests can be under way any more, as a delete demands. */
export const ageCreates = async (databaseUrl: string | undefined): Promise<void> => {
  await execute(databaseUrl ?? '', "update client set created_at = '2020-01-01T00:00:00.000Z'")
}
