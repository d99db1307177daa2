import assert from 'node:assert/strict'
import test from 'node:test'
import { compileProgram } from '../compile/index.js'
import { FIXTURE, program, temporaryDirectory } from './support.js'

test('a program compiles to plain data', () => {
  const compiled = compileProgram(FIXTURE)
  assert.deepEqual(JSON.parse(JSON.stringify(compiled)), compiled)
  assert.deepEqual(Object.keys(compiled.configs).sort(), ['components/badge/badge', 'pages/index/index', 'pages/next/next'])
})

test('rpx become hundredths of the screen, tags and classes get their owner', (t) => {
  const { styles } = compileProgram(program(t, {
    'pages/index/index.wxss': '@import "../../shared.wxss"; page view.a, .b > text { width: 750rpx; margin: -15rpx 0.5rpx } @keyframes k { 50% { top: 75rpx } }',
    'shared.wxss': '.shared { color: red }',
  }))
  assert.match(styles.app, /wx-page \{ color: #111; \} \.big \{ font-size: 10vw; \}/)
  assert.match(styles['components/badge/badge'], /\.components-badge-badge--round \{ border-radius: 1\.0667vw; \}/)
  const page = styles['pages/index/index']
  assert.match(page, /\[data-page="pages\/index\/index"\] \.shared/)
  assert.match(page, /\[data-page="pages\/index\/index"\] wx-page wx-view\.a/)
  assert.match(page, /\[data-page="pages\/index\/index"\] ?\.b > wx-text \{ width: 100vw; margin: -2vw 0\.0667vw/)
  assert.match(page, /50% \{ top: 10vw \}/)
})

test('import and export are understood', (t) => {
  const { scripts } = compileProgram(program(t, { 'esm.js': 'import { a } from "./b"\nexport const c = a', 'b.js': 'exports.a = 1' }))
  assert.match(scripts['esm.js'], /require\("\.\/b"\)/)
  assert.equal(scripts['b.js'], 'exports.a = 1')
})

const BROKEN = [
  ['a page without files', { 'app.json': '{"pages":["pages/gone/gone"]}' }, /^app\.json: lists the page pages\/gone\/gone, but pages\/gone\/gone\.js is missing$/],
  ['no pages', { 'app.json': '{"pages":[]}' }, /^app\.json: pages must list/],
  ['app.json that is no JSON', { 'app.json': '{\n"pages": [,]\n}' }, /^app\.json:2: not JSON/],
  ['a tab that is no page', { 'app.json': '{"pages":["pages/next/next"],"tabBar":{"list":[{"pagePath":"x/x","text":"x"}]}}' }, /^app\.json: tabBar names the page x\/x/],
  ['a component without files', { 'pages/next/next.json': '{"usingComponents":{"c":"./c"}}' }, /^pages\/next\/next\.json: the component "c"/],
  ['an unclosed tag', { 'pages/next/next.wxml': '<view>\n<text>\n</view>' }, /^pages\/next\/next\.wxml:2: missing end tag$/],
  ['a bad expression', { 'pages/next/next.wxml': '<view>\n{{ a + }}</view>' }, /^pages\/next\/next\.wxml:2: /],
  ['an include of nothing', { 'pages/next/next.wxml': '<include src="./gone.wxml" />' }, /^pages\/next\/next\.wxml:1: names pages\/next\/gone\.wxml, which is missing$/],
  ['an import of nothing', { 'pages/next/next.wxml': '<view />\n<import src="/parts/gone.wxml" />' }, /^pages\/next\/next\.wxml:2: names parts\/gone\.wxml, which is missing$/],
  ['a script of WXML that is missing', { 'pages/next/next.wxml': '<view />\n<wxs module="m" src="./gone.wxs" />' }, /^pages\/next\/next\.wxml:2: names pages\/next\/gone\.wxs, which is missing$/],
  ['WXS that does not parse', { 'pages/next/next.wxml': '<view />\n<wxs module="m">\nmodule.exports = {\n  f: function ( { }\n}\n</wxs>' }, /^pages\/next\/next\.wxml:5: WXS: /],
  ['WXS that does not end', { 'pages/next/next.wxml': '<wxs module="m">\nvar f = function () {\n</wxs>' }, /^pages\/next\/next\.wxml:3: WXS: /],
  ['a WXS file that does not parse', { 'pages/next/next.wxml': '<wxs module="m" src="./m.wxs" />', 'pages/next/m.wxs': 'var a = 1\nvar = 2' }, /^pages\/next\/m\.wxs:2: WXS: /],
  ['bad WXSS', { 'app.wxss': '.a {\n color: red;\n' }, /^app\.wxss:1: Unclosed block$/],
  ['a bad selector', { 'app.wxss': '\n.a:: { color: red }' }, /^app\.wxss:2: bad selector/],
  ['an @import of nothing', { 'app.wxss': '@import "gone.wxss";' }, /^app\.wxss:1: @import of gone\.wxss, which is missing$/],
  ['an @import in a circle', { 'app.wxss': '@import "app.wxss";' }, /^app\.wxss: @import in a circle/],
  ['a script that does not parse', { 'pages/next/next.js': 'Page({\n  data: {,}\n})' }, /^pages\/next\/next\.js:2: /],
]
for (const [name, files, expected] of BROKEN) {
  test(`${name} is one line with file and line`, (t) => {
    assert.throws(() => compileProgram(program(t, files)), (error) => {
      assert.equal(error.name, 'ProgramError')
      assert.match(error.message, expected)
      assert.doesNotMatch(error.message, /\n/)
      return true
    })
  })
}

test('a page that uses what is not there has a fault of its own, also by what it includes', (t) => {
  const { faults } = compileProgram(program(t, {
    'pages/index/index.wxml': '<view />\n<picker mode="date"><view /></picker>',
    'pages/next/next.wxml': '<include src="/parts/part.wxml" />',
    'parts/part.wxml': '<view>\n  <map />\n</view>',
  }))
  assert.deepEqual(Object.keys(faults).sort(), ['pages/index/index', 'pages/next/next'])
  assert.deepEqual(faults['pages/index/index'], { file: 'pages/index/index.wxml', line: 2, message: '<picker mode="date"> is not there: this simulated phone has the mode selector' })
  assert.match(`${faults['pages/next/next'].file}:${faults['pages/next/next'].line} ${faults['pages/next/next'].message}`, /^parts\/part\.wxml:2 <map> is not there/)
})

test('a folder without app.json is no mini program', (t) => {
  assert.throws(() => compileProgram(temporaryDirectory(t)), /is no mini program: it has no app\.json/)
})
