import assert from 'node:assert/strict';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getFunction } from '@google-cloud/functions-framework/testing';
import '../../functions/index.ts';
import * as events from '../../shared/contracts/events.ts';
import * as lifecycle from '../../shared/contracts/lifecycle-outcomes.ts';
import { readTopology } from '../../terraform/topology.ts';
import { root } from './source-tree.ts';

const eventTypes = typesOf(events);
/** What the project tells others. */
const noticeTypes = typesOf(lifecycle);

/** The types of a module's schemas that are messages. */
function typesOf(module: Record<string, unknown>): string[] {
  return Object.values(module)
    .filter(
      (value): value is typeof events.BudgetChangedEvent =>
        typeof value === 'object' && value !== null && 'properties' in value && hasType(value.properties as object),
    )
    .map((schema) => schema.properties.type.const as string);
}

/** Outcomes name no producer. */
function hasType(properties: object): boolean {
  return 'type' in properties && 'source' in properties;
}

describe('One name through every layer', () => {
  it('folder, registered function and topology entry are the same list', async () => {
    const { functions } = await readTopology();
    const entries = await readdir(join(root, 'functions'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    assert.deepEqual(folders.sort(), Object.keys(functions).sort());
    for (const name of folders) {
      assert.equal(typeof getFunction(name), 'function', `${name} is registered`);
      for (const file of ['index.ts', 'handler.ts']) await access(join(root, 'functions', name, file));
    }
  });

  it('a function called by Pub/Sub has the topic, the subscription, the dead letter and the event type of its name', async () => {
    const { functions, topics, subscriptions } = await readTopology();
    for (const [name, { trigger, timeoutSeconds }] of Object.entries(functions)) {
      if (trigger.kind !== 'pubsub') continue;
      assert.equal(trigger.topic, name);
      const subscription = subscriptions[name];
      assert(subscription && !('pull' in subscription), name);
      assert.equal(subscription.function, name);
      assert.equal(subscription.deadLetterTopic, `${name}-dead-letter`);
      assert(subscription.ackDeadlineSeconds >= timeoutSeconds, `${name}: a message must not run twice at once`);
      for (const topic of [name, `${name}-dead-letter`]) assert(topics.includes(topic), topic);
      assert.equal(subscriptions[`${name}-dead-letter`]?.topic, `${name}-dead-letter`);
      assert(eventTypes.includes(`andante.${name}.v1`), name);
    }
  });

  it('every event type has its function', async () => {
    const { functions } = await readTopology();
    for (const type of eventTypes) assert((type.split('.')[1] as string) in functions, type);
  });

  it('every notice has the topic of its name, and a subscription for others to pull from: no function takes it', async () => {
    const { functions, topics, subscriptions } = await readTopology();
    assert.deepEqual(noticeTypes, ['andante.campaign-notified.v1']);
    for (const type of noticeTypes) {
      const name = type.split('.')[1] as string;
      assert(topics.includes(name), name);
      assert.equal(name in functions, false, name);
      const of = Object.entries(subscriptions).filter(([, { topic }]) => topic === name);
      assert.deepEqual(
        of.map(([own, subscription]) => [own, 'pull' in subscription]),
        [[name, true]],
      );
    }
  });
});
