import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export type Service = {
  build?: { context: string; target: string }
  cap_drop?: string[]
  command?: string[]
  depends_on?: Record<string, { condition: string }>
  environment?: Record<string, string | null>
  healthcheck?: { disable?: boolean; test?: string[] }
  image?: string
  init?: boolean
  mem_limit?: string
  network_mode?: string
  pids_limit?: number
  ports?: string[]
  profiles?: string[]
  read_only?: boolean
  security_opt?: string[]
  stop_grace_period?: string
  tmpfs?: string[]
  user?: string
  volumes?: string[]
}

export type Compose = { services: Record<string, Service>; secrets?: Record<string, { file: string }> }

export const repository = join(import.meta.dirname, '..', '..')

/** Reads a compose file of this repository with its merge keys resolved and its variables as they are written. */
export function readCompose(file: string): Compose {
  return parse(readFileSync(join(repository, file), 'utf8'), { merge: true })
}
