import { createMemoryBus } from '../../shared/bus/memory-bus.ts';
import { createMemoryCalibration } from '../../shared/outcomes/memory-calibration.ts';
import { createMemoryFeatures } from '../../shared/outcomes/memory-features.ts';
import { createMemoryHistory } from '../../shared/outcomes/memory-history.ts';
import { createMemoryLog } from '../../shared/outcomes/memory-log.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { allocationStoreContract } from './allocation-store.ts';
import { calibrationReaderContract } from './calibration-reader.ts';
import { eventBusContract } from './event-bus.ts';
import { featureReaderContract } from './feature-reader.ts';
import { historyReaderContract } from './history-reader.ts';
import { outcomeLogContract } from './outcome-log.ts';

describe('The allocation store in memory', () => allocationStoreContract(createMemoryStore));

describe('The outcome log in memory', () =>
  outcomeLogContract(async () => {
    const log = createMemoryLog();
    const rowIds = async (table: string) =>
      [...new Set(log.rows.filter((row) => row.table === table).map(({ json }) => json.row_id))].sort();
    return { log, rowIds };
  }));

describe('The event bus in memory', () =>
  eventBusContract(async () => {
    const bus = createMemoryBus();
    let taken = 0;
    const next = async (topic: string) => {
      const { message, attributes } = bus.published.filter((published) => published.topic === topic)[
        taken++
      ] as (typeof bus.published)[number];
      return { body: message, attributes };
    };
    return { bus, next };
  }));

describe('The features from memory', () =>
  featureReaderContract(async () => {
    const log = createMemoryLog();
    return { log, features: createMemoryFeatures(log), closeDays: async () => undefined };
  }));

describe('The calibration from memory', () =>
  calibrationReaderContract(async () => {
    const log = createMemoryLog();
    return { log, calibration: createMemoryCalibration(log), closeDays: async () => undefined };
  }));

describe('The histories from memory', () =>
  historyReaderContract(async () => {
    const log = createMemoryLog();
    return { log, history: createMemoryHistory(log) };
  }));
