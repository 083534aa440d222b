import { Environment, secretVariables } from '../../src/environment.ts'

type Variable = { description: string; default?: unknown }

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The README's configuration table, as `src/environment.ts` says it. */
const renderConfigurationTable = (): string => {
  const required = new Set<string>(Environment.required)
  const rows = Object.entries(Environment.properties as Record<string, object>).map(([name, variable]) => {
    const { description, default: value } = variable as Variable
    const names = (secretVariables as readonly string[]).includes(name)
      ? `\`${name}\` or \`${name}_FILE\``
      : `\`${name}\``
    return `| ${names} | ${toDefault(required.has(name), value)} | ${cell(description)} |`
  })
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

const toDefault = (isRequired: boolean, value: unknown): string => {
  if (value !== undefined) return `\`${cell(String(value))}\``
  return isRequired ? '**required**' : 'none'
}

const begin = '<!-- configuration: written by npm run generate -->'
const end = '<!-- end of configuration -->'

/** The README with its table brought up to date. */
export const replaceConfigurationTable = (readme: string): string => {
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end)
  if (from < 0 || to < from)
    throw new Error('README.md has lost the comments around its configuration table.')
  return `${readme.slice(0, from + begin.length)}\n${renderConfigurationTable()}\n${readme.slice(to)}`
}
