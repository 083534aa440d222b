import { inspect } from 'node:util'

const masked = '[secret]'

/**
 * Holds a secret, be it a text or what has one in it, so that logging, serialising or inspecting it by mistake shows a
 * mask (`reveal` is searchable).
 */
export class Secret<Value = string> {
  readonly #value: Value

  constructor(value: Value) {
    this.#value = value
  }

  /** The plain value; call it only where the value leaves for the one place it is meant for. */
  reveal(): Value {
    return this.#value
  }

  toString(): string {
    return masked
  }

  toJSON(): string {
    return masked
  }

  [inspect.custom](): string {
    return masked
  }
}
