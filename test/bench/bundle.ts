import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** The service as the image has it, made anew; its path. */
export const buildBundle = (): string => {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root })
  return join(root, 'dist/main.js')
}
