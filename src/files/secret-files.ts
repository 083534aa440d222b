import { readFileSync } from 'node:fs'

export type SettingProblem = { name: string; why: string } & ({ example: string } | { fix: string })

/**
 * Resolves `NAME_FILE` to the content of that file for every secret variable, so that orchestrators can
 * mount secrets instead of putting them into the environment. One trailing line break is dropped.
 */
export const readSecretFiles = (
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): { values: Record<string, string>; problems: SettingProblem[] } => {
  const values = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  )
  const problems = names.flatMap(name => {
    const file = values[`${name}_FILE`]
    if (!file) return []
    if (values[name]) return [problem(name, `must not be set beside ${name}`)]
    const read = readSecretFile(file)
    values[name] = 'value' in read ? read.value : ''
    return 'why' in read ? [problem(name, read.why)] : []
  })
  return { values, problems }
}

/** The content without one trailing line break, or what is wrong with the file. */
export const readSecretFile = (file: string): { value: string } | { why: string } => {
  try {
    const value = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    return value === '' ? { why: 'names an empty file' } : { value }
  } catch (error) {
    return {
      why: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    }
  }
}

const problem = (name: string, why: string): SettingProblem => ({
  name: `${name}_FILE`,
  why,
  example: `/run/secrets/${name.toLowerCase().replaceAll('_', '-')}`,
})
