import assert from 'node:assert/strict';
import { billOfMaterials, packageName, type Materials } from '../../../functions/bill-of-materials.ts';

const sha256 = 'ab'.repeat(32);
const lock = {
  lockfileVersion: 3,
  packages: {
    'node_modules/a': {
      version: '1.0.0',
      license: 'MIT',
      integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}`,
    },
    'node_modules/b/node_modules/a': { version: '2.0.0', license: '(MIT OR CC0-1.0)' },
    'node_modules/c/node_modules/a': { version: '2.0.0', license: '(MIT OR CC0-1.0)' },
    'node_modules/@s/d': { version: '3.1.0' },
  },
};
const project = { name: 'andante', version: '0.1.0', license: 'Apache-2.0' };
const plan: Materials = {
  name: 'plan',
  sha256,
  bundled: ['node_modules/b/node_modules/a', 'node_modules/c/node_modules/a'],
  installed: ['node_modules/@s/d', 'node_modules/a'],
};

describe('The bill of materials', () => {
  it('names each function with its hash, and every package of it once, with its hash and licence', () => {
    const { components, dependencies, metadata, ...head } = billOfMaterials([plan], lock, project);
    assert.deepEqual([head.bomFormat, head.specVersion, head.version], ['CycloneDX', '1.6', 1]);
    assert.match(head.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(metadata.component.name, 'andante');
    assert.deepEqual(
      components.map(({ 'bom-ref': ref }) => ref),
      ['function:plan', 'pkg:npm/%40s/d@3.1.0', 'pkg:npm/a@1.0.0', 'pkg:npm/a@2.0.0'],
    );
    const [own, scoped, hashed, dual] = components;
    assert.deepEqual(own?.hashes, [{ alg: 'SHA-256', content: sha256 }]);
    assert.deepEqual([scoped?.group, scoped?.name, scoped?.purl], ['@s', 'd', 'pkg:npm/%40s/d@3.1.0']);
    assert.deepEqual(hashed?.hashes, [{ alg: 'SHA-512', content: '01'.repeat(64) }]);
    assert.deepEqual(dual?.licenses, [{ expression: '(MIT OR CC0-1.0)' }]);
    assert.deepEqual(dependencies, [
      { ref: 'andante', dependsOn: ['function:plan'] },
      { ref: 'function:plan', dependsOn: ['pkg:npm/%40s/d@3.1.0', 'pkg:npm/a@1.0.0', 'pkg:npm/a@2.0.0'] },
    ]);
  });

  it('has a serial number of its content: the same for the same, another for another', () => {
    const serial = (...functions: Materials[]) => billOfMaterials(functions, lock, project).serialNumber;
    assert.equal(serial(plan), serial({ ...plan }));
    assert.notEqual(serial(plan), serial({ ...plan, sha256: 'cd'.repeat(32) }));
    assert.notEqual(serial(plan), serial({ ...plan, bundled: [] }));
  });

  it('refuses code of a package that the lock does not know', () => {
    assert.throws(
      () => billOfMaterials([{ ...plan, bundled: ['node_modules/x'] }], lock, project),
      /package-lock\.json has no node_modules\/x, whose code is in a bundle: run npm ci/,
    );
  });

  it('reads names off paths, scope and all', () => {
    assert.deepEqual(
      ['node_modules/a', 'node_modules/a/node_modules/@s/d'].map((path) => packageName(path)),
      ['a', '@s/d'],
    );
  });
});
