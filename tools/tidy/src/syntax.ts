import ts from 'typescript';
import type { SourceFile } from './source-tree.js';

export function parse({ path, text }: SourceFile): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

function visitAll(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => visitAll(child, visit));
}

/**
 * The lines of every function, by `file#name`. The callbacks of `describe` are left out: they are
 * the headings of a specification, not one thought that has to fit on a page.
 */
export function functionLengths(file: SourceFile): ReadonlyMap<string, number> {
  const tree = parse(file);
  const lengths = new Map<string, number>();
  visitAll(tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    if (isDescribeCallback(node)) return;
    const line = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
    const length = line(node.getEnd()) - line(node.getStart()) + 1;
    const name = `${file.path}#${functionName(node)}`;
    lengths.set(name, Math.max(length, lengths.get(name) ?? 0));
  });
  return lengths;
}

function isDescribeCallback(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}

function functionName(node: ts.Node): string {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    if (ts.isConstructorDeclaration(at)) return 'constructor';
    const named = at as ts.Node & { readonly name?: ts.Node };
    if (named.name !== undefined) return named.name.getText();
  }
  return '(anonymous)';
}

export function classNames(file: SourceFile): readonly string[] {
  const names: string[] = [];
  visitAll(parse(file), (node) => {
    if (ts.isClassLike(node) && node.name !== undefined) names.push(node.name.text);
  });
  return names;
}

/** One name that one module takes from another, or the whole of it as `*`. */
export interface Import {
  readonly module: string;
  readonly name: string;
}

export function importsOf(file: SourceFile): readonly Import[] {
  const imports: Import[] = [];
  visitAll(parse(file), (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      imports.push(...namesIn(node, node.moduleSpecifier.text));
    } else if (ts.isExportDeclaration(node)) {
      imports.push(...reExports(node).map(({ module, name }) => ({ module, name })));
    } else if (isDynamicImport(node)) {
      imports.push({ module: node.arguments[0].text, name: '*' });
    }
  });
  return imports;
}

function namesIn(node: ts.ImportDeclaration, module: string): readonly Import[] {
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [{ module, name: '*' }];
  return bindings.elements.map(({ name, propertyName }) => ({
    module,
    name: (propertyName ?? name).text,
  }));
}

function isDynamicImport(
  node: ts.Node,
): node is ts.CallExpression & { arguments: readonly [ts.StringLiteral] } {
  return (
    ts.isCallExpression(node) &&
    (node.expression.kind === ts.SyntaxKind.ImportKeyword ||
      /^(require|jest\.requireActual)$/.test(node.expression.getText())) &&
    node.arguments[0] !== undefined &&
    ts.isStringLiteral(node.arguments[0])
  );
}

export interface ReExport {
  readonly module: string;
  /** As the other module calls it; `*` for `export *`. */
  readonly name: string;
  /** As it is called from here on. */
  readonly as: string;
  readonly typeOnly: boolean;
}

/** What an index hands on. */
export function reExportsOf(file: SourceFile): readonly ReExport[] {
  return parse(file).statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) ? reExports(statement) : [],
  );
}

function reExports(node: ts.ExportDeclaration): readonly ReExport[] {
  const specifier = node.moduleSpecifier;
  if (specifier === undefined || !ts.isStringLiteral(specifier)) return [];
  const module = specifier.text;
  const clause = node.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) {
    return [{ module, name: '*', as: '*', typeOnly: node.isTypeOnly }];
  }
  return clause.elements.map((element) => ({
    module,
    name: (element.propertyName ?? element.name).text,
    as: element.name.text,
    typeOnly: node.isTypeOnly || element.isTypeOnly,
  }));
}
