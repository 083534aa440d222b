import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Instruction = { keyword: string; value: string }

export type Stage = { name: string; base: string; instructions: Instruction[] }

/** Reads a Dockerfile's stages in order; enough of the format for the files of this repository. */
export function parseDockerfile(text: string): Stage[] {
  const stages: Stage[] = []
  for (const instruction of parseInstructions(text)) {
    const from = /^(?<base>\S+) AS (?<name>\S+)$/.exec(instruction.value)?.groups
    if (instruction.keyword !== 'FROM') stages.at(-1)?.instructions.push(instruction)
    else
      stages.push({ name: from?.['name'] ?? '', base: from?.['base'] ?? instruction.value, instructions: [] })
  }
  return stages
}

function parseInstructions(text: string): Instruction[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => {
      const [keyword = '', ...rest] = line.trim().split(' ')
      return { keyword, value: rest.join(' ') }
    })
}

/** The values of one keyword in a stage, in order. */
export function listValues(stage: Stage, keyword: string): string[] {
  return stage.instructions
    .filter(instruction => instruction.keyword === keyword)
    .map(instruction => instruction.value)
}

/** What the image tells Node.js and malloc of how much memory they may take. */
export function readMemoryLimits(): { NODE_OPTIONS: string; MALLOC_ARENA_MAX: string } {
  const text = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8')
  const production = parseDockerfile(text).find(({ name }) => name === 'production')
  const [settings = ''] = production ? listValues(production, 'ENV') : []
  const read = (name: string) =>
    new RegExp(`\\b${name}="?([^"]+?)"?(?: [A-Z_]+=|$)`).exec(settings)?.[1] ?? ''
  return { NODE_OPTIONS: read('NODE_OPTIONS'), MALLOC_ARENA_MAX: read('MALLOC_ARENA_MAX') }
}
