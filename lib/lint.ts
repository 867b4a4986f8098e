/**
 * A lint plugin for filters, for Deno and for ESLint: finds verdicts that are made but not returned, and therefore have
 * no effect.
 *
 * In `deno.json`, with the package from npm, or from JSR as `jsr:@milterkit/milterkit/lint`:
 *
 * ```json
 * { "lint": { "plugins": ["npm:milterkit/lint"] } }
 * ```
 *
 * In `eslint.config.js`:
 *
 * ```js ignore
 * import milterkit from "milterkit/lint";
 *
 * export default [{ plugins: { milterkit }, rules: { "milterkit/return-verdict": "error" } }];
 * ```
 *
 * @module
 */

/** A node of a syntax tree, as in ESTree and typescript-eslint. */
export interface LintNode {
  /** Its type, such as `CallExpression`. */
  readonly type: string;
  /** Its parent node. */
  readonly parent?: LintNode | null | undefined;
}

/** What the rule needs from a linter. */
export interface LintContext {
  /** Reports a mistake. */
  report(mistake: { readonly node: LintNode; readonly message: string }): void;
}

/** A rule for Deno's linter and for ESLint. */
export interface LintRule {
  /** What ESLint shows of it. */
  readonly meta: { readonly type: "problem"; readonly docs: { readonly description: string } };
  /** Makes functions that are called for the nodes of a file. */
  create(context: LintContext): Record<string, (node: LintNode) => void>;
}

/** A plugin for Deno's linter and for ESLint. */
export interface LintPlugin {
  /** The prefix of its rules' names. */
  readonly name: string;
  /** What ESLint shows of it. */
  readonly meta: { readonly name: string };
  /** Its rules, by name. */
  readonly rules: { readonly "return-verdict": LintRule };
}

/** The functions that make verdicts. */
const VERDICTS = ["accept", "discard", "proceed", "reject", "skip", "tempfail"];

/** The specifiers by which the library can be imported. */
const LIBRARY =
  /^(?:(?:npm|jsr):\/?)?(?:@milterkit\/)?milterkit(?:@[^/]*)?$|\/milterkit(?:@[^/]*)?\/mod\.[jt]s$/;

type Node = LintNode & { readonly [property: string]: unknown };

/** The names under which a file imports the functions, and the library as a whole. */
class Imported {
  readonly functions = new Map<string, string>();
  readonly whole = new Set<string>();

  add({ source, specifiers }: Node): void {
    if (!LIBRARY.test(String((source as Node).value))) return;
    for (const { type, imported, local } of specifiers as Node[]) {
      const name = nameOf(local);
      if (type === "ImportNamespaceSpecifier") this.whole.add(name);
      // The name of an import may be a string.
      const original = nameOf(imported) || String((imported as Node | undefined)?.value);
      if (type === "ImportSpecifier" && VERDICTS.includes(original)) this.functions.set(name, original);
    }
  }

  /** The function that is called, such as `reject`; undefined if it is not one of the library's. */
  called({ callee }: Node): string | undefined {
    const { type, object, property, computed } = callee as Node;
    const local = type === "MemberExpression" ? nameOf(object) : nameOf(callee);
    if (local === "" || isRebound(local, callee as Node)) return undefined;
    if (type !== "MemberExpression") return this.functions.get(local);
    const name = nameOf(property);
    return computed !== true && this.whole.has(local) && VERDICTS.includes(name) ? name : undefined;
  }
}

const returnVerdict: LintRule = {
  meta: {
    type: "problem",
    docs: { description: "Finds verdicts that are made and not returned" },
  },
  create(context) {
    const imported = new Imported();
    return {
      ImportDeclaration: (node) => imported.add(node as Node),
      ExpressionStatement(node) {
        for (const call of callsIn((node as Node).expression as Node)) {
          const name = imported.called(call);
          if (name === undefined) continue;
          const written = `${name}(${(call.arguments as Node[]).length > 0 ? "…" : ""})`;
          context.report({
            node: call,
            message: `${written} does nothing unless the callback returns it: write return ${written}`,
          });
        }
      },
    };
  },
};

/** A lint plugin for filters, with the rule `return-verdict`. */
const plugin: LintPlugin = {
  name: "milterkit",
  meta: { name: "milterkit" },
  rules: { "return-verdict": returnVerdict },
};
export default plugin;

/** The calls whose results an expression statement drops. */
function callsIn(expression: Node): Node[] {
  switch (expression.type) {
    case "CallExpression":
      return [expression];
    case "AwaitExpression":
    case "UnaryExpression":
      return callsIn(expression.argument as Node);
    case "LogicalExpression":
      return callsIn(expression.right as Node);
    case "ConditionalExpression":
      return [expression.consequent, expression.alternate].flatMap((each) => callsIn(each as Node));
    case "SequenceExpression":
      return (expression.expressions as Node[]).flatMap(callsIn);
    case "ChainExpression":
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
      return callsIn(expression.expression as Node);
    default:
      return [];
  }
}

/** Whether a name means something else here than in the whole file, such as `reject` in `new Promise((resolve, reject) => …)`. */
function isRebound(name: string, from: Node): boolean {
  for (
    let node = from.parent as Node | null | undefined;
    node;
    node = node.parent as Node | null | undefined
  ) {
    if (node.type !== "Program" && namesBoundBy(node).includes(name)) return true;
  }
  return false;
}

/** The names that a function, a block or a loop binds. */
function namesBoundBy(node: Node): string[] {
  switch (node.type) {
    case "ArrowFunctionExpression":
    case "FunctionDeclaration":
    case "FunctionExpression":
      return [...(node.params as Node[]).flatMap(namesIn), ...namesIn(node.id)];
    case "CatchClause":
      return namesIn(node.param);
    case "BlockStatement":
    case "StaticBlock":
      return (node.body as Node[]).flatMap(namesDeclared);
    case "SwitchStatement":
      return (node.cases as Node[]).flatMap(({ consequent }) =>
        (consequent as Node[]).flatMap(namesDeclared)
      );
    case "ForStatement":
      return namesDeclared(node.init);
    case "ForInStatement":
    case "ForOfStatement":
      return namesDeclared(node.left);
    default:
      return [];
  }
}

function namesDeclared(statement: unknown): string[] {
  const { type, declarations, id } = (statement ?? {}) as Node;
  if (type === "VariableDeclaration") return (declarations as Node[]).flatMap((each) => namesIn(each.id));
  return type === "FunctionDeclaration" || type === "ClassDeclaration" ? namesIn(id) : [];
}

/** The names in a pattern. */
function namesIn(pattern: unknown): string[] {
  const node = (pattern ?? {}) as Node;
  switch (node.type) {
    case "Identifier":
      return [nameOf(node)];
    case "AssignmentPattern":
      return namesIn(node.left);
    case "RestElement":
      return namesIn(node.argument);
    case "ArrayPattern":
      return (node.elements as unknown[]).flatMap(namesIn);
    case "ObjectPattern":
      return (node.properties as Node[]).flatMap((each) =>
        namesIn(each.type === "Property" ? each.value : each)
      );
    case "TSParameterProperty":
      return namesIn(node.parameter);
    default:
      return [];
  }
}

/** The name of an identifier; empty for anything else. */
function nameOf(node: unknown): string {
  const { type, name } = (node ?? {}) as Node;
  return type === "Identifier" ? String(name) : "";
}
