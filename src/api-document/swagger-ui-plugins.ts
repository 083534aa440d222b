type System = object

type Props = { responses: { sortBy: (toRank: (response: unknown, status: string) => number) => unknown } }

type React = { createElement: (component: unknown, props: object) => unknown }

declare const SwaggerUIBundle: { plugins: { DownloadUrl: (system: System) => object } }

/*
 * These run in the page: Swagger UI takes the text of them, so they use nothing from outside.
 */

/** What Swagger UI reads its document with; naming any plugin leaves its own out. */
const readDocument = (system: System): object => SwaggerUIBundle.plugins.DownloadUrl(system)

/** A create is described by its 201 before the plan of its dry run: in the page the order of the document is lost. */
const showUsualAnswerFirst = () => ({
  wrapComponents: {
    responses:
      (Original: unknown, { React }: { React: React }) =>
      (props: Props) =>
        React.createElement(Original, {
          ...props,
          responses: props.responses.sortBy((_response, status) => (status === '201' ? 0 : 1)),
        }),
  },
})

export const plugins = [readDocument, showUsualAnswerFirst]
