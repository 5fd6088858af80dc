import assert from 'node:assert/strict';
import { describePlan, summarizePlan } from '../../../functions/plan-summary.ts';

type Change = [address: string, actions: string[], before?: Record<string, unknown>];

function planOf(...changes: Change[]): string {
  const resources = changes.map(([address, actions, before = {}]) => ({
    address,
    type: address.split('.')[0],
    change: { actions, before: actions[0] === 'create' ? null : before, after: null },
  }));
  return JSON.stringify({ format_version: '1.2', resource_changes: resources });
}

describe('The summary of a plan', () => {
  it('says what becomes of each resource, sorted, and leaves out what only is read or stays', () => {
    const summary = summarizePlan(
      planOf(
        ['google_pubsub_topic.topic["b"]', ['create']],
        ['google_pubsub_topic.topic["a"]', ['create']],
        ['google_cloudfunctions2_function.function["plan"]', ['update']],
        ['google_storage_bucket_object.bundle["plan"]', ['create', 'delete']],
        ['google_logging_metric.metric["x"]', ['delete']],
        ['google_bigquery_table.table["outcomes"]', ['no-op']],
        ['data.google_project.project', ['read']],
      ),
    );
    assert.deepEqual(summary, {
      created: ['google_pubsub_topic.topic["a"]', 'google_pubsub_topic.topic["b"]'],
      changed: ['google_cloudfunctions2_function.function["plan"]'],
      replaced: ['google_storage_bucket_object.bundle["plan"]'],
      destroyed: ['google_logging_metric.metric["x"]'],
      losesData: [],
    });
    assert.match(describePlan(summary), /^2 created:\n {2}google_pubsub_topic\.topic\["a"\]\n/);
  });

  it('knows what takes data with it, destroyed or made anew, and that a view does not', () => {
    for (const address of [
      'google_firestore_database.state',
      'google_bigquery_dataset.dataset',
      'google_bigquery_table.table["outcomes"]',
      'google_pubsub_subscription.push["delivery-reported"]',
    ]) {
      for (const actions of [['delete'], ['delete', 'create'], ['create', 'delete']])
        assert.deepEqual(summarizePlan(planOf([address, actions, { view: [] }])).losesData, [address]);
      assert.deepEqual(summarizePlan(planOf([address, ['update']])).losesData, []);
    }
    const view: Change = ['google_bigquery_table.view["outcomes_once"]', ['delete'], { view: [{ query: 'SELECT 1' }] }];
    assert.deepEqual(summarizePlan(planOf(view)).losesData, []);
  });

  it('says so where there is nothing to change', () => {
    assert.equal(
      describePlan(summarizePlan('{"format_version":"1.0"}')),
      'nothing to change: what runs is what is here',
    );
  });

  it('refuses a format that it does not know: an unread deletion would pass', () => {
    for (const json of ['{}', '{"format_version":"2.0","resource_changes":[]}'])
      assert.throws(() => summarizePlan(json), /a plan of format 1 is expected/);
    assert.throws(() => summarizePlan('not json'));
  });
});
