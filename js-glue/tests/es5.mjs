import ts from 'typescript';

const K = ts.SyntaxKind;

const YOUNGER = new Set([
  K.ArrowFunction, K.TemplateExpression, K.NoSubstitutionTemplateLiteral, K.TaggedTemplateExpression, K.ClassDeclaration,
  K.ClassExpression, K.SpreadElement, K.SpreadAssignment, K.ForOfStatement, K.ObjectBindingPattern, K.ArrayBindingPattern, K.YieldExpression,
  K.AwaitExpression, K.ShorthandPropertyAssignment, K.ComputedPropertyName, K.MethodDeclaration, K.QuestionDotToken,
  K.QuestionQuestionToken, K.AsteriskAsteriskToken, K.BigIntLiteral, K.ImportDeclaration, K.ExportDeclaration,
]);

/** The places of a script that ES5 does not have; what is no script at all is one. */
export function youngerThanEs5(name, text) {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const found = file.parseDiagnostics.map(({ messageText }) => messageText);
  const visit = node => {
    const scoped = ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) !== 0;
    const defaulted = ts.isParameter(node) && (node.initializer || node.dotDotDotToken);
    if (YOUNGER.has(node.kind) || scoped || defaulted) found.push(node.getText().slice(0, 60));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
