import assert from 'node:assert/strict';
import { readTexts } from './configuration.ts';
import { defaultArgumentsPath, readProvider } from './provider-arguments.ts';
import type { Rule, Subject } from './rule.ts';
import { accessRules } from './rules/access.ts';
import { dataRules } from './rules/data.ts';
import { functionRules } from './rules/functions.ts';
import { observabilityRules } from './rules/observability.ts';
import { pubsubRules } from './rules/pubsub.ts';
import { shapeRules } from './rules/shape.ts';
import { describeEdit, mutate, subjectOf } from './stack.ts';

const rules: Rule[] = [
  ...functionRules,
  ...pubsubRules,
  ...dataRules,
  ...accessRules,
  ...shapeRules,
  ...observabilityRules,
];

describe('The Terraform configuration', () => {
  let texts: Map<string, string>;
  let real: Subject;
  before(async () => {
    texts = await readTexts();
    real = await subjectOf(texts);
    if (readProvider(defaultArgumentsPath()) === undefined) {
      console.log(
        `    ${defaultArgumentsPath()} is not there: arguments of google_* resources were not compared with the provider's`,
      );
    }
  });

  for (const rule of rules) {
    it(rule.name, async () => {
      assert.deepEqual(rule.check(real), []);
      for (const [path, given] of real.configuration.environments) {
        assert.deepEqual(rule.check(await subjectOf(texts, given)), [], path);
      }
    });

    it(`fails when it is not so: ${rule.name}`, async () => {
      assert(rule.mutants.length > 0);
      for (const mutant of rule.mutants) {
        const title = [mutant].flat().map(describeEdit).join('; ');
        const found = rule.check(await subjectOf(mutate(texts, mutant)));
        assert(found.length > 0, `nothing is found: ${title}`);
        for (const one of found)
          assert.match(one, /^(local\.|environments|[\w./]+\.(tf|json|md|rules|tfvars))/i, `names its file: ${one}`);
      }
    });
  }

  it('is held to at least 25 rules, each of its own name', () => {
    assert(rules.length >= 25);
    assert.equal(new Set(rules.map(({ name }) => name)).size, rules.length);
  });
});
